"""V.250 command lines."""

import pytest

from wwand.simulator.commandline import Command, Form, NotAT, split


def test_basic_register_and_extended_commands_share_a_line() -> None:
    assert [str(c) for c in split("E0V1X4&C1&D2S0=0+CMEE=1;+CREG?")] == [
        "E0", "V1", "X4", "&C1", "&D2", "S0=0", "+CMEE=1", "+CREG?",
    ]  # fmt: skip


def test_a_semicolon_inside_quotes_ends_nothing() -> None:
    assert split('+CGDCONT=1,"IP","a;b";+CSQ') == [
        Command("+CGDCONT", Form.SET, '1,"IP","a;b"'),
        Command("+CSQ"),
    ]


def test_blanks_outside_quotes_mean_nothing_and_inside_stay() -> None:
    assert split('+CPIN = "12 34"') == [Command("+CPIN", Form.SET, '"12 34"')]


def test_a_dial_string_takes_the_rest_of_the_line() -> None:
    assert split("E0DT*99***1#;X1") == [
        Command("E", args="0"),
        Command("D", Form.SET, "T*99***1#;X1"),
    ]


def test_a_test_command_is_no_read_and_no_set() -> None:
    assert [c.form for c in split("+COPS=?;+COPS?;+COPS=0;+COPS")] == [
        Form.TEST, Form.READ, Form.SET, Form.EXECUTE,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("1", ["1"]),
        ('1,"IP","inter,net"', ["1", "IP", "inter,net"]),
        ("1,,2", ["1", "", "2"]),
        ("1,", ["1", ""]),
        (',"x"', ["", "x"]),
    ],
)
def test_arguments_are_split_at_commas_outside_quotes(text: str, values: list[str]) -> None:
    assert Command("+X", Form.SET, text).values == values


def test_what_is_no_command_is_refused() -> None:
    with pytest.raises(NotAT):
        split("E0)")
