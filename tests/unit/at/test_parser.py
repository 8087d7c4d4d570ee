from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wwand.at.parser import MAX_LINE, AtParser, Event, Final, Garbage, Line, Prompt

DIALOGUE = st.lists(
    st.sampled_from(
        [
            b"\r\nOK\r\n",
            b"\r\n+CSQ: 17,99\r\n",
            b"AT+CSQ\r",
            b"\r\n> ",
            b"\r\n+CME ERROR: 10\r\n",
            b"\r\n^RSSI:12\r\n",
            b'\r\n+COPS: 0,0,"T\xe9l\x05com",2\r\n',
            b"\0\0\r\n",
            b"\xff\x7d\x23\xc0\x21\x7e" * 3,
            b"x" * (MAX_LINE + 100),
        ]
    )
    | st.binary(max_size=40),
    max_size=12,
).map(b"".join)


def feed(*pieces: bytes, echo: str = "", prompt: bool = False) -> list[Event]:
    parser = AtParser()
    parser.expect_prompt = prompt
    if echo:
        parser.expect_echo(echo)
    return [event for piece in pieces for event in parser.feed(piece)]


@given(DIALOGUE, st.lists(st.integers(0, 20_000), max_size=20), st.booleans())
def test_how_the_octets_are_cut_makes_no_difference(
    data: bytes, cuts: list[int], prompt: bool
) -> None:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]
    whole, parts = AtParser(), AtParser()
    for parser in (whole, parts):
        parser.expect_prompt = prompt
        parser.expect_echo("AT+CSQ")
    events = [event for piece in pieces for event in parts.feed(piece)]
    assert events == list(whole.feed(data))
    assert parts.looks_like_garbage == whole.looks_like_garbage


@given(DIALOGUE)
def test_octet_by_octet_makes_the_same_events(data: bytes) -> None:
    assert feed(*(bytes([octet]) for octet in data)) == feed(data)


def test_lines_may_end_in_any_mixture_of_cr_and_lf() -> None:
    assert feed(b"A\rB\nC\r\nD\r\r\nOK\r") == [
        Line("A"),
        Line("B"),
        Line("C"),
        Line("D"),
        Final("OK"),
    ]


def test_nul_octets_are_nothing() -> None:
    assert feed(b"\0\r\n\0OK\r\n\0") == [Final("OK")]


def test_the_final_results_of_calls_are_told_apart() -> None:
    connect, busy = Final("CONNECT 460800"), Final("BUSY")
    assert feed(b"\r\nCONNECT 460800\r\n\r\nBUSY\r\n") == [connect, busy]
    assert connect.ok
    assert connect.connected
    assert connect.of_call
    assert not busy.ok
    assert busy.of_call
    assert not Final("+CME ERROR: 3").of_call


def test_words_of_various_makers_end_a_command() -> None:
    for text in ("COMMAND NOT SUPPORT", "TOO MANY PARAMETERS", "NO DIAL TONE", "+CMS ERROR: 500"):
        (final,) = feed(f"\r\n{text}\r\n".encode())
        assert final == Final(text)
        assert not final.ok


def test_lines_that_only_begin_like_a_final_result_are_lines() -> None:
    for text in ("OKAY", "ERROR CODE 3", "CONNECTED", "+CME ERROR:", "NO CARRIER YET"):
        assert feed(f"\r\n{text}\r\n".encode()) == [Line(text)]


def test_the_echo_of_the_command_is_dropped() -> None:
    assert feed(b"AT+CGMM\r\r\nE220\r\n", echo="AT+CGMM") == [Line("E220")]


def test_what_is_left_of_an_echo_is_dropped() -> None:
    assert feed(b"CGMM\r\r\nE220\r\n", echo="AT+CGMM") == [Line("E220")]


def test_an_echo_after_a_report_is_dropped() -> None:
    events = feed(b"\r\n+CREG: 1\r\nAT+CGMM\r\r\nE220\r\n", echo="AT+CGMM")
    assert events == [Line("+CREG: 1"), Line("E220")]


def test_an_answer_glued_to_the_echo_is_kept() -> None:
    assert feed(b"\r\nAT+GMRL1.2.3\r\n", echo="AT+GMR") == [Line("L1.2.3")]


def test_the_same_words_in_an_answer_are_no_echo() -> None:
    events = feed(b"\r\nE220\r\nCGMM\r\n", echo="AT+CGMM")
    assert events == [Line("E220"), Line("CGMM")]


def test_a_prompt_needs_no_line_end() -> None:
    assert feed(b"\r\n> ", prompt=True) == [Prompt()]


def test_a_prompt_is_only_where_one_is_due() -> None:
    assert feed(b"\r\n> text\r\n") == [Line("> text")]


def test_text_after_the_prompt_is_a_line_of_its_own() -> None:
    assert feed(b"\r\n> \r\n+CMGS: 4\r\n", prompt=True) == [Prompt(), Line("+CMGS: 4")]


def test_a_line_without_end_is_reported_once_and_dropped() -> None:
    assert feed(b"x" * (3 * MAX_LINE), b"\r\nOK\r\n") == [Garbage(MAX_LINE), Final("OK")]


def test_a_noisy_port_costs_no_memory() -> None:
    parser = AtParser()
    for _ in range(100):
        list(parser.feed(b"\xaa" * 10_000))
    assert len(parser._buffer) <= MAX_LINE
    assert parser.looks_like_garbage


def test_binary_lines_are_garbage_and_evidence() -> None:
    parser = AtParser()
    noise = bytes(range(0x80, 0xC0))
    assert list(parser.feed(noise + b"\r\n")) == [Garbage(64)]
    assert parser.looks_like_garbage


def test_a_few_odd_octets_are_no_evidence() -> None:
    parser = AtParser()
    assert list(parser.feed(b"\xff\xfe\0\0\r\n\r\nOK\r\n")) == [Garbage(4), Final("OK")]
    assert not parser.looks_like_garbage


def test_names_in_the_alphabet_of_gsm_stay_lines() -> None:
    assert feed(b'+COPS: 0,0,"T\x05l\x05com"\r\n') == [Line('+COPS: 0,0,"T\x05l\x05com"')]


def test_a_reset_forgets_the_unfinished_line() -> None:
    parser = AtParser()
    list(parser.feed(b"half a li"))
    parser.reset()
    assert list(parser.feed(b"OK\r\n")) == [Final("OK")]
