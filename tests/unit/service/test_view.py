"""A view is refused unless it has just what its XML says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwand.errors import NotFound
from wwand.service import introspect, paths, spec
from wwand.service.view import OPEN, View, guarded, text

XML = """<node><interface name="org.example.Thing">
  <!-- a comment -->
  <property name="Colour" type="s" access="read"/>
  <property name="Age" type="d" access="read">
    <annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="false"/>
  </property>
  <method name="Paint">
    <arg name="colour" type="s" direction="in"/><arg name="coats" type="u"/>
    <arg name="left" type="au" direction="out"/>
  </method>
  <signal name="Painted"><arg name="colour" type="s"/><arg name="coats" type="u"/></signal>
</interface></node>"""


@pytest.fixture
def thing(tmp_path: Path) -> spec.InterfaceSpec:
    file = tmp_path / "org.example.Thing.xml"
    file.write_text(XML)
    return spec.read(file)


def test_the_xml_is_read_as_signatures(thing: spec.InterfaceSpec) -> None:
    assert thing.name == "org.example.Thing"
    assert thing.methods == {"Paint": ("su", "au")}
    assert thing.properties == {"Colour": "s", "Age": "d"}
    assert thing.signals == {"Painted": "su"}
    assert thing.silent == {"Age"}
    assert "comment" not in thing.xml


def test_a_view_with_every_member_reads_its_values(thing: spec.InterfaceSpec) -> None:
    class Complete(View):
        spec = thing
        guards = guarded(thing, "org.example.Control")

        @property
        def Colour(self) -> str:  # noqa: N802
            return "re\0d"

        @property
        def Age(self) -> float:  # noqa: N802
            return 1.5

        async def Paint(self, colour: str, coats: int) -> list[int]:  # noqa: N802
            return []

    view = Complete()
    assert view.values() == {"Colour": "red", "Age": 1.5}
    assert view.variants({"Age": 2.0})["Age"].signature == "d"


def test_a_view_that_lacks_a_member_is_refused(thing: spec.InterfaceSpec) -> None:
    with pytest.raises(TypeError, match=r"Half lacks Age, Colour of org\.example\.Thing"):

        class Half(View):
            spec = thing
            guards = guarded(thing, OPEN)

            async def Paint(self, colour: str, coats: int) -> list[int]:  # noqa: N802
                return []


def test_a_view_with_an_unguarded_method_is_refused(thing: spec.InterfaceSpec) -> None:
    with pytest.raises(TypeError, match=r"guards .* differ in \['Paint'\]"):

        class Unguarded(View):
            spec = thing
            Colour = Age = property(lambda self: 0)

            async def Paint(self, colour: str, coats: int) -> list[int]:  # noqa: N802
                return []


@given(st.text())
def test_ordinary_text_is_left_alone(value: str) -> None:
    clean = value.replace("\0", "")
    assert text(value) == clean


def test_text_that_is_no_unicode_is_made_sendable() -> None:
    assert text("caf\udce9\0") == "caf?"


def test_numbers_are_read_from_paths_of_their_kind_only() -> None:
    assert paths.number("/org/freedesktop/ModemManager1/Bearer/12", paths.BEARER) == 12
    for path in ("/", f"{paths.MODEM}1", f"{paths.BEARER}x", paths.BEARER, f"{paths.BEARER}1/2"):
        with pytest.raises(NotFound, match="is not a bearer"):
            paths.number(path, paths.BEARER)


def test_intermediate_nodes_are_children() -> None:
    there = ["/a/b/c", "/a/b/d", "/a/bb", "/x"]
    assert introspect.children("/", there) == ["a", "x"]
    assert introspect.children("/a", there) == ["b", "bb"]
    assert introspect.children("/a/b", there) == ["c", "d"]
    assert introspect.children("/a/b/c", there) == []
