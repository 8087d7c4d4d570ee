"""Follow the messages of a modem: each one is an object on the bus."""

from typing import TYPE_CHECKING

from wwand.modem.messaging import Messaging
from wwand.service.bus import Service
from wwand.service.messaging import MessagingView, path

if TYPE_CHECKING:
    from wwand.modem.sms import Sms


class MessageObjects:
    """The message objects of one modem, from its Messaging interface on."""

    def __init__(self, service: Service, modem: str, messaging: Messaging) -> None:
        self._service = service
        self._modem = modem
        self._messaging = messaging
        self._there: list[Sms] = []
        for sms in messaging.messages:
            self._publish(sms)
        messaging.on_added.append(self._added)
        messaging.on_deleted.append(self._deleted)

    def unfollow(self) -> None:
        """Listen no longer."""
        self._messaging.on_added.remove(self._added)
        self._messaging.on_deleted.remove(self._deleted)

    def withdraw(self) -> None:
        """Take them all off the bus."""
        for sms in self._there:
            self._service.withdraw(path(sms))

    def _publish(self, sms: "Sms") -> None:
        from wwand.service.sms import SmsView

        self._service.publish(path(sms), [SmsView(self._messaging, sms)], sms)
        self._there.append(sms)

    def _added(self, sms: "Sms", received: bool) -> None:
        self._publish(sms)
        self._signal("Added", path(sms), received)

    def _deleted(self, sms: "Sms") -> None:
        self._signal("Deleted", path(sms))
        self._service.withdraw(path(sms))
        self._there.remove(sms)

    def _signal(self, member: str, *body: object) -> None:
        """Signal it; whoever hears it has heard the new list before."""
        self._service.flush()
        self._service.emit(self._modem, MessagingView.spec.name, member, *body)
