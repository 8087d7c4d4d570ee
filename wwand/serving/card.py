"""Serves sticks of which a network card is all there is."""

from wwand.device import UsbDevice
from wwand.modem.base import Modem
from wwand.serving.base import Serving, has_card


class CardServing(Serving):
    """A stick of which the network card is all there is."""

    def _settled(self) -> bool:
        return has_card(self._host.device)

    async def _begin(self) -> Modem:
        self._modem = modem = self._host.make_modem(self._match.modem, self._match)
        await modem.start()
        return modem

    def _offer(self, device: UsbDevice) -> None:
        for port in device.ports:
            self._host.note_port(port.name, port.kind.value)

    async def _end(self) -> None:
        """Nothing was opened."""
