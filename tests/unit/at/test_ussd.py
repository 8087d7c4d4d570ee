"""Codes and what the network answers, as modems take and give them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wwand.at import ussd
from wwand.at.parser import AtParser, Final, Line
from wwand.at.reports import REPORTS
from wwand.at.ussd import Alphabet, Outcome
from wwand.errors import BadArgument, BadReply
from wwand.log import redacted

MENU = "Menu\n1. Balance\n2. Data"


@pytest.mark.parametrize(
    ("charset", "packed", "written"),
    [
        ("IRA", False, ("*100#", 15)),
        ("GSM", False, ("*100#", 15)),
        ("", False, ("*100#", 15)),
        ("UCS2", False, ("002A0031003000300023", 15)),
        ("HEX", False, ("2A31303023", 15)),
        ("IRA", True, ("AA180C3602", 15)),
    ],
)
def test_a_code_is_written_as_the_character_set_wants_it(
    charset: str, packed: bool, written: tuple[str, int]
) -> None:
    assert ussd.write("*100#", charset, packed=packed) == written


@pytest.mark.parametrize("packed", [False, True])
def test_what_the_gsm_alphabet_lacks_goes_as_ucs2(packed: bool) -> None:
    assert ussd.write("да", "UCS2", packed=packed) == ("04340430", 72)


def test_the_request_names_the_alphabet_and_is_not_logged() -> None:
    command = ussd.request(*ussd.write("*100#", "", packed=True))
    assert command.text == 'AT+CUSD=1,"AA180C3602",15'
    assert "AA18" not in str(command)


@pytest.mark.parametrize(
    "text", ["", "a" * 183, "ж" * 81, "1" * 1000, "1\r2", "1\n2", "1\x1a2", "1\0", "\x1b"]
)
@pytest.mark.parametrize(("charset", "packed"), [("IRA", False), ("UCS2", False), ("", True)])
def test_what_ussd_cannot_carry_is_refused_and_not_told(
    text: str, charset: str, packed: bool
) -> None:
    with pytest.raises(BadArgument) as caught:
        ussd.write(text, charset, packed=packed)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "charset"), [('a"b', "IRA"), ("ä", "IRA"), ("a@b", "GSM"), ("a_b", "GSM"), ("ж", "")]
)
def test_what_would_break_the_string_or_become_another_letter_is_not_plain(
    text: str, charset: str
) -> None:
    assert not ussd.is_plain(text, charset)
    with pytest.raises(BadArgument, match="cannot send"):
        ussd.write(text, charset)


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(["", "GSM", "IRA", "UCS2", "HEX"]), st.booleans())
def test_no_text_leaves_its_quotes(text: str, charset: str, packed: bool) -> None:
    try:
        written, scheme = ussd.write(text, charset, packed=packed)
    except BadArgument:
        return
    assert ussd.request(written, scheme).text == f'AT+CUSD=1,"{written}",{scheme}'
    assert '"' not in written


# --- what comes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "outcome", "string", "scheme"),
    [
        ('+CUSD: 0,"Your balance is 1.00",15', Outcome.DONE, "Your balance is 1.00", 15),
        ('+CUSD:1,"Menu\n1. Balance",0', Outcome.ANSWER_WANTED, "Menu\n1. Balance", 0),
        ("+CUSD: 2", Outcome.TERMINATED, "", 15),
        ('+CUSD: 0,"say "hi"",72', Outcome.DONE, 'say "hi"', 72),
        ('+CUSD: 0,"text"', Outcome.DONE, "text", 15),
        ('+CUSD: 0,"text",', Outcome.DONE, "text", 15),
        ("+CUSD: 0,text,15", Outcome.DONE, "text", 15),
        ("+CUSD: 4", Outcome.NOT_SUPPORTED, "", 15),
        ("+CUSD: 5", Outcome.NO_ANSWER, "", 15),
    ],
)
def test_a_report_is_taken_apart(line: str, outcome: Outcome, string: str, scheme: int) -> None:
    assert ussd.read(line) == ussd.Report(outcome, string, scheme)


@pytest.mark.parametrize("line", ["+CUSD:", "+CUSD: x", "+CUSD: 9", "+CUSDX: 0", "RING"])
def test_what_is_no_report_is_refused(line: str) -> None:
    with pytest.raises(BadReply):
        ussd.read(line)


@pytest.mark.parametrize(
    ("scheme", "found"),
    [
        (0, Alphabet.GSM),
        (15, Alphabet.GSM),
        (0x10, Alphabet.GSM),
        (0x11, Alphabet.UCS2),
        (0x40, Alphabet.GSM),
        (0x44, Alphabet.OCTETS),
        (72, Alphabet.UCS2),
        (0xF0, Alphabet.GSM),
        (0xF4, Alphabet.OCTETS),
        (255, Alphabet.OCTETS),
        (1000, Alphabet.GSM),
    ],
)
def test_a_scheme_names_an_alphabet(scheme: int, found: Alphabet) -> None:
    assert ussd.alphabet(scheme) is found


@pytest.mark.parametrize(
    ("string", "scheme", "charset", "packed", "wanted"),
    [
        ("Guthaben 5", 15, "IRA", False, "Guthaben 5"),
        ("\x7eber", 15, "GSM", False, "über"),
        ("00440061", 15, "UCS2", False, "Da"),
        ("not hex", 15, "UCS2", False, "not hex"),
        ("04340430", 72, "IRA", False, "да"),
        ("04340430", 72, "", True, "да"),
        ("656E04340430", 0x11, "IRA", False, "да"),
        ("AA180C3602", 15, "IRA", True, "*100#"),
        ("plain words", 15, "IRA", True, "plain words"),
        ("2A31303023", 15, "HEX", False, "*100#"),
        ("6162", 0x44, "IRA", False, "ab"),
        ("12345678901234567890", 15, "IRA", False, "12345678901234567890"),
        ("042004300437043404350431", 15, "IRA", False, "Раздеб"),
        ("004D0065006E0075002000310032", 15, "IRA", False, "Menu 12"),
    ],
)
def test_a_string_is_read_by_scheme_and_character_set(
    string: str, scheme: int, charset: str, packed: bool, wanted: str
) -> None:
    report = ussd.Report(Outcome.DONE, string, scheme)
    assert ussd.text(report, charset, packed=packed) == wanted


def test_packed_words_are_known_without_being_told() -> None:
    written, scheme = ussd.write("Your balance is 12.50 EUR", "", packed=True)
    report = ussd.Report(Outcome.DONE, written, scheme)
    assert ussd.text(report, "IRA") == "Your balance is 12.50 EUR"


@settings(deadline=None)
@given(
    st.text(st.characters(max_codepoint=255), max_size=60)
    | st.text('0123456789ABCDEFabcdef,"', max_size=60),
    st.integers(0, 300),
    st.sampled_from(["", "GSM", "UCS2", "HEX"]),
    st.booleans(),
)
def test_whatever_comes_is_read_or_refused(
    string: str, scheme: int, charset: str, packed: bool
) -> None:
    try:
        report = ussd.read(f'+CUSD: 1,"{string}",{scheme}')
    except BadReply:
        return
    assert isinstance(ussd.text(report, charset, packed=packed), str)


# --- strings of several lines --------------------------------------------------------------------


def events(data: str) -> list[object]:
    return list(AtParser().feed(data.encode("latin-1")))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_menu_of_several_lines_is_one_report(newline: str) -> None:
    said = f'\r\n+CUSD: 1,"{MENU}",15\r\n\r\nOK\r\n'.replace("\n1", f"{newline}1")
    assert events(said) == [Line(f'+CUSD: 1,"{MENU}",15'), Final("OK")]


def test_a_menu_stays_out_of_the_log_and_of_other_answers() -> None:
    line = f'+CUSD: 1,"{MENU}",15'
    assert "Balance" not in redacted(line)
    assert REPORTS.fullmatch(line)


def test_a_string_without_an_end_swallows_no_result() -> None:
    assert events('+CUSD: 0,"cut off\r\nOK\r\n') == [Line('+CUSD: 0,"cut off'), Final("OK")]


def test_a_string_that_is_too_long_ends_somewhere() -> None:
    lines = "\r\n".join(['+CUSD: 0,"', *["x" * 90] * 30, "+CREG: 1", ""])
    assert Line("+CREG: 1") in events(lines)


def test_quotes_in_other_lines_keep_nothing_back() -> None:
    assert events('+COPS: 0,0,"Net\r\nOK\r\n') == [Line('+COPS: 0,0,"Net'), Final("OK")]
