"""Answers to Introspect: modemmanager-qt and modem-manager-gui find out from them what there is."""

from collections.abc import Iterable

DOCTYPE = """<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
"""

INTROSPECTABLE = """<interface name="org.freedesktop.DBus.Introspectable">
<method name="Introspect"><arg name="xml_data" type="s" direction="out"/></method>
</interface>
"""

PEER = """<interface name="org.freedesktop.DBus.Peer">
<method name="Ping"/>
<method name="GetMachineId"><arg name="machine_uuid" type="s" direction="out"/></method>
</interface>
"""

PROPERTIES = """<interface name="org.freedesktop.DBus.Properties">
<method name="Get"><arg name="interface_name" type="s" direction="in"/>\
<arg name="property_name" type="s" direction="in"/>\
<arg name="value" type="v" direction="out"/></method>
<method name="GetAll"><arg name="interface_name" type="s" direction="in"/>\
<arg name="properties" type="a{sv}" direction="out"/></method>
<method name="Set"><arg name="interface_name" type="s" direction="in"/>\
<arg name="property_name" type="s" direction="in"/>\
<arg name="value" type="v" direction="in"/></method>
<signal name="PropertiesChanged"><arg name="interface_name" type="s"/>\
<arg name="changed_properties" type="a{sv}"/><arg name="invalidated_properties" type="as"/></signal>
</interface>
"""

OBJECT_MANAGER = """<interface name="org.freedesktop.DBus.ObjectManager">
<method name="GetManagedObjects">\
<arg name="objects" type="a{oa{sa{sv}}}" direction="out"/></method>
<signal name="InterfacesAdded"><arg name="object" type="o"/>\
<arg name="interfaces" type="a{sa{sv}}"/></signal>
<signal name="InterfacesRemoved"><arg name="object" type="o"/>\
<arg name="interfaces" type="as"/></signal>
</interface>
"""


def children(path: str, paths: Iterable[str]) -> list[str]:
    """Name the nodes right below `path`."""
    prefix = path.rstrip("/") + "/"
    return sorted(
        {p.removeprefix(prefix).split("/")[0] for p in paths if p.startswith(prefix) and p != path}
    )


def document(interfaces: Iterable[str], nodes: Iterable[str], *, is_root: bool) -> str:
    """Describe one node: its interfaces' XML, and the nodes below it."""
    parts = [INTROSPECTABLE, PEER]
    if is_root:
        parts.append(OBJECT_MANAGER)
    if views := list(interfaces):
        parts += [PROPERTIES, *(f"{xml}\n" for xml in views)]
    parts += (f'<node name="{name}"/>\n' for name in nodes)
    return f"{DOCTYPE}<node>\n{''.join(parts)}</node>\n"
