from pathlib import Path

import pytest

from tests.unit.switching.sticks import CDROM, MODEM, THREAD
from wwand.device import UsbId
from wwand.switching import actions
from wwand.switching.actions import LeaveAlone, NotOffered, SetConfiguration, messages
from wwand.switching.readers.usbmode import UsbmodeData, loads
from wwand.switching.rules import Match

OF_THE_THREAD = f"""{{
	"messages" : [
		"{THREAD}",
],
"devices" : {{
		"1c9e:f000": {{
			"*": {{
				"t_vendor": 7326,
				"t_product": [ 38405 ],
				"msg": [ 0 ],
				"wait": 5
			}},
		}},
	}}
}}"""


def read(tmp_path: Path, text: str) -> UsbmodeData:
    file = tmp_path / "usb-mode.json"
    file.write_text(text)
    return UsbmodeData(file)


def test_the_file_of_the_thread_with_its_commas_at_the_end_is_read(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, OF_THE_THREAD).rules(CDROM.id)
    assert rule.actions == (messages(THREAD),)
    assert rule.targets == {MODEM.id}
    assert rule.wait_before == 5


def test_a_comma_in_a_string_stays() -> None:
    assert loads('{"a": "x,]", "b": [1, 2,],}') == {"a": "x,]", "b": [1, 2]}
    with pytest.raises(ValueError, match="not a JSON object"):
        loads("[]")


def test_entries_with_strings_come_first_and_mean_what_they_meant(tmp_path: Path) -> None:
    text = """{"messages": ["5553"], "devices": {"1c9e:f000": {
        "*": {"mode": "Sierra", "t_class": 255}, ":uMa=USB_Modem": {"msg": [0]}}}}"""
    first, second = read(tmp_path, text).rules(CDROM.id)
    assert first.match == Match(manufacturer="USB_Modem")
    assert second.actions == (actions.SIERRA,)
    assert second.target_class == 255


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('{"mode": "StandardEject"}', actions.STANDARD_EJECT),
        ('{"mode": "HuaweiNew", "msg": []}', actions.HUAWEI_NEW),
        ('{"mode": "Pantech", "modeval": 4}', actions.pantech(4)),
        ('{"config": 2}', SetConfiguration(2)),
        ('{"config": 0, "mode": "Generic"}', LeaveAlone()),
        ('{"mode": "Cisco"}', NotOffered("CiscoMode")),
        ('{"mode": "MBIM"}', NotOffered("MBIMMode")),
    ],
)
def test_one_method(tmp_path: Path, entry: str, expected: actions.Action) -> None:
    text = f'{{"devices": {{"12d1:1f01": {{"*": {entry}}}}}}}'
    (rule,) = read(tmp_path, text).rules(UsbId(0x12D1, 0x1F01))
    assert rule.actions == (expected,)


def test_a_wrong_entry_spoils_only_itself_and_a_wrong_file_nothing(tmp_path: Path) -> None:
    text = (
        '{"messages": [], "devices": {"1c9e:f000": {"*": {"msg": [7]}, ":uMa=U": {"config": 2}}}}'
    )
    assert len(read(tmp_path, text).rules(CDROM.id)) == 1
    assert read(tmp_path, "{").rules(CDROM.id) == []
    assert UsbmodeData(tmp_path / "none.json").rules(CDROM.id) == []
