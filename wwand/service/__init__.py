"""The D-Bus service: views of the domain, driven by the XML files in `dbus/`."""
