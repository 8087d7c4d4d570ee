"""Properties of the codec, beyond single messages."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwand.errors import BadArgument, BadReply, WwandError
from wwand.gsm import BASIC, EXTENSION, gsm
from wwand.gsm7 import pack, septets, unpack
from wwand.sms import address, broadcast, coding, header, moment, pdu, submit
from wwand.sms.coding import Alphabet
from wwand.sms.facts import NO_CLASS, PduType
from wwand.sms.header import Concatenation
from wwand.sms.parts import Parts
from wwand.sms.submit import Outgoing

LETTERS = sorted({*BASIC, *EXTENSION.values()} - {"\x1b"})
GSM_TEXTS = st.text(st.sampled_from(LETTERS), max_size=400)
ANY_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
NUMBERS = st.from_regex(r"\+?[0-9*#]{1,20}", fullmatch=True)
DELIVER = "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37"
REPORT = bytes.fromhex("0006470B914407810000F0111011315214001110113152540046")


@given(GSM_TEXTS, st.integers(0, 7))
def test_septets_come_back(text: str, start: int) -> None:
    written = septets(text)
    assert written is not None
    assert gsm(unpack(pack(written, start), len(written), start)) == text


@given(st.one_of(GSM_TEXTS, ANY_TEXTS), NUMBERS, st.randoms())
def test_what_is_sent_can_be_read_in_any_order(text: str, number: str, shuffle: object) -> None:
    outgoing = Outgoing(number, text, validity=60, report=True)
    pdus = [pdu.decode(part.pdu) for part in submit.encode(outgoing, 0x42)]
    shuffle.shuffle(pdus)  # type: ignore[attr-defined]
    parts = Parts(pdus[0])
    for part in pdus[1:]:
        assert not parts.complete
        assert parts.take(part)
    assert parts.complete
    assert parts.text == text
    assert {(p.number, p.type, p.validity, p.report_requested) for p in pdus} == {
        (number, PduType.SUBMIT, 60, True)
    }


@given(st.binary(min_size=1, max_size=600))
def test_data_comes_back(data: bytes) -> None:
    pdus = [pdu.decode(part.pdu) for part in submit.encode(Outgoing("123", data=data), 1)]
    parts = Parts(pdus[0])
    assert all(parts.take(part) for part in pdus[1:])
    assert (parts.data, parts.text) == (data, "")


@given(st.one_of(GSM_TEXTS, ANY_TEXTS))
def test_every_part_fits_into_a_message(text: str) -> None:
    for part in submit.encode(Outgoing("+491701234567", text)):
        user_data = part.pdu[part.offset + 12 :]
        assert len(user_data) - 1 <= submit.ROOM


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    for read in (pdu.decode, broadcast.read):
        try:
            read(data)
        except BadReply:
            continue


@pytest.mark.parametrize("whole", [bytes.fromhex(DELIVER), REPORT], ids=["deliver", "report"])
def test_a_pdu_that_is_cut_off_anywhere_is_refused(whole: bytes) -> None:
    pdu.decode(whole)
    for length in range(len(whole)):
        with pytest.raises(BadReply):
            pdu.decode(whole[:length])


@given(st.integers(0, 35), st.integers(1, 255))
def test_a_pdu_with_a_wrong_octet_is_read_or_refused(place: int, change: int) -> None:
    octets = bytearray(bytes.fromhex(DELIVER))
    octets[place] ^= change
    try:
        pdu.decode(bytes(octets))
    except BadReply:
        return


@pytest.mark.parametrize(
    ("user_data", "dcs"),
    [("0A" + "FF" * 9, 0), ("05" + "0500030102", 4), ("02" + "0100", 0), ("00", 0)],
    ids=["beyond the data", "by one octet", "in septets", "no data"],
)
def test_a_header_longer_than_the_data_is_refused(user_data: str, dcs: int) -> None:
    with pytest.raises(BadReply, match="header"):
        pdu.decode(bytes.fromhex(f"004402812100{dcs:02X}11101021436500{user_data}"))


def test_a_status_report_tells_what_became_of_the_message() -> None:
    read = pdu.decode(REPORT)
    assert (read.type, read.reference, read.status) == (PduType.STATUS_REPORT, 0x47, 0x46)
    assert read.number == "+44701800000"
    assert str(read.discharged) == "2011-01-11T13:25:45Z"


def test_parts_of_two_messages_are_kept_apart() -> None:
    long = "x" * 200
    ours = [pdu.decode(p.pdu) for p in submit.encode(Outgoing("1", long), 1)]
    others = [pdu.decode(p.pdu) for p in submit.encode(Outgoing("1", long), 2)]
    parts = Parts(ours[0])
    assert not parts.take(others[1])
    assert parts.take(ours[0])
    assert not parts.complete
    again = [pdu.decode(p.pdu) for p in submit.encode(Outgoing("1", "y" * 200), 1)]
    assert not parts.take(again[0])


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("0003100201", Concatenation(16, 2, 1)),
        ("080412340302", Concatenation(0x1234, 3, 2)),
        ("05040B8423F00003100202", Concatenation(16, 2, 2)),
        ("0003100200", None),
        ("0003100203", None),
        ("00031002", None),
        ("000310020108", None),
    ],
)
def test_a_header_numbers_the_part_or_is_ignored(data: str, found: Concatenation | None) -> None:
    assert header.read(bytes.fromhex(data)) == found


@given(st.integers(0, 0xFFFF), st.integers(1, 255), st.data())
def test_the_number_of_a_part_comes_back(reference: int, parts: int, data: st.DataObject) -> None:
    part = Concatenation(reference, parts, data.draw(st.integers(1, parts)))
    written = header.write(part)
    assert written[0] == len(written) - 1
    assert header.read(written[1:]) == part


@pytest.mark.parametrize(
    ("minutes", "octet"),
    [
        *((1, 0), (5, 0), (6, 1), (720, 143), (721, 144), (1440, 167), (1441, 168), (43200, 196)),
        *((43201, 197), (50400, 197), (50401, 198), (635040, 255)),
    ],
)
def test_a_validity_is_rounded_up(minutes: int, octet: int) -> None:
    assert moment.validity_octet(minutes) == octet
    assert moment.validity_minutes(octet) >= minutes


def test_every_validity_comes_back() -> None:
    assert [moment.validity_octet(moment.validity_minutes(octet)) for octet in range(256)] == list(
        range(256)
    )
    for wrong in (0, -5, 635041):
        with pytest.raises(BadArgument):
            moment.validity_octet(wrong)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - given a zone
    st.integers(-48, 56),
)
def test_a_time_comes_back(at: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    wanted = at.replace(microsecond=0, tzinfo=zone)
    read = moment.read(moment.write(wanted))
    assert read is not None
    assert (read.at, read.offset) == (wanted, 15 * quarters)


def test_a_time_is_written_with_its_zone() -> None:
    at = datetime(2011, 3, 29, 19, 20, 4, tzinfo=timezone(timedelta(minutes=345)))
    assert str(moment.Moment(at)) == "2011-03-29T19:20:04+05:45"
    assert str(moment.Moment(at.astimezone(UTC))) == "2011-03-29T13:35:04Z"
    assert moment.read(bytes(7)) is None


@pytest.mark.parametrize(
    ("dcs", "alphabet", "message_class"),
    [
        (0x00, Alphabet.GSM7, NO_CLASS),
        (0x10, Alphabet.GSM7, 0),
        (0x13, Alphabet.GSM7, 3),
        (0x15, Alphabet.DATA, 1),
        (0x18, Alphabet.UCS2, 0),
        (0x0C, Alphabet.GSM7, NO_CLASS),
        (0x48, Alphabet.UCS2, NO_CLASS),
        (0x80, Alphabet.GSM7, NO_CLASS),
        (0xC8, Alphabet.GSM7, NO_CLASS),
        (0xE0, Alphabet.UCS2, NO_CLASS),
        (0xF2, Alphabet.GSM7, 2),
        (0xF6, Alphabet.DATA, 2),
    ],
)
def test_a_coding_is_read(dcs: int, alphabet: Alphabet, message_class: int) -> None:
    assert coding.read(dcs) == coding.Coding(alphabet, message_class)


def test_a_coding_comes_back() -> None:
    for alphabet, message_class in itertools.product(Alphabet, (NO_CLASS, 0, 1, 2, 3)):
        assert coding.read(coding.write(alphabet, message_class)) == coding.Coding(
            alphabet, message_class
        )


@given(st.text(max_size=60))
def test_a_number_is_one_or_is_refused(text: str) -> None:
    try:
        number = address.checked("the number", text)
    except BadArgument:
        return
    written = address.encode(number)
    assert address.decode(written[1], written[2:], written[0]) == number


def test_a_number_may_be_written_as_people_do() -> None:
    assert address.checked("the number", "+49 (170) 123-45.67") == "+491701234567"
    for wrong in ("", "+", "12345678901234567890" * 2, "12a", "1+2", "1;2", '1"', "1\r2"):
        with pytest.raises(BadArgument, match="^the number is not a telephone number$"):
            address.checked("the number", wrong)


@pytest.mark.parametrize("evil", ["\0", "\x1a", "\x1b", "\x08", "\x7f", "\ud800"])
def test_a_text_without_sense_is_refused(evil: str) -> None:
    with pytest.raises(BadArgument) as caught:
        submit.checked("the text", f"xyzzy{evil}")
    assert "xyzzy" not in str(caught.value)
    assert submit.checked("the text", 'a "quote",\r\nand a line\t') == 'a "quote",\r\nand a line\t'


def test_a_text_of_too_many_parts_is_refused() -> None:
    assert len(submit.encode(Outgoing("1", "x" * 153 * 255))) == 255
    with pytest.raises(WwandError, match="256"):
        submit.encode(Outgoing("1", "x" * (153 * 255 + 1)))


def test_a_name_is_an_address_too() -> None:
    written = address.encode("InternetSMS")
    assert address.decode(written[1], written[2:], written[0]) == "InternetSMS"


@pytest.mark.parametrize(
    ("dcs", "content", "language", "text"),
    [
        (0x11, "6537" + "00480069", "en", "Hi"),
        (0x10, "6577039906", "en", "Hi"),
        (0x20, "C834", "cs", "Hi"),
        (0x2F, "C834", None, "Hi"),
        (0x48, "00480069000D", None, "Hi"),
        (0x91, "01FFC834", None, "Hi"),
        (0xF4, "4869", None, None),
    ],
)
def test_a_broadcast_says_its_language(
    dcs: int, content: str, language: str | None, text: str | None
) -> None:
    page = broadcast.read(bytes.fromhex(f"40C0111F{dcs:02X}11{content}"))
    assert (page.language, page.text) == (language, text)
