"""WDS: profiles, which are the modem's PDP contexts, and connecting without being asked."""

from wwand.qmi import wds, wds_profiles
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response, failure
from wwand.qmi.wds_values import (
    Authentication,
    AutoconnectRoaming,
    AutoconnectSetting,
    PdpType,
    ProfileError,
    ProfileType,
)
from wwand.simulator.engine import Context
from wwand.simulator.qmi import more
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed

HANDLERS = Handlers()

PDP_TYPES = {"IP": PdpType.IPV4, "IPV6": PdpType.IPV6, "IPV4V6": PdpType.IPV4_OR_IPV6}
CONTEXT_TYPES = {number: name for name, number in PDP_TYPES.items()}

DEFAULT = 1
"""The profile that is used when none is named."""

MOST = 16


def profile(call: Exchange, index: int | None) -> Context:
    """Return a profile; the default one is defined when nobody has done so."""
    contexts = call.modem.contexts
    if index is None or index == DEFAULT:
        return contexts.setdefault(DEFAULT, Context(DEFAULT, "IPV4V6"))
    if index not in contexts:
        raise Refusal(ProtocolError.INVALID_PROFILE)
    return contexts[index]


def _found(call: Exchange, wanted: wds.ProfileId | None) -> Context:
    identifier = needed(wanted)
    if identifier.profile_type is not ProfileType.PROFILE_3GPP:
        raise Refusal(ProtocolError.INVALID_PROFILE_TYPE)
    try:
        return profile(call, identifier.profile_index)
    except Refusal as refusal:
        result = failure(ProtocolError.EXTENDED_INTERNAL)
        code = ProfileError.INVALID_PROFILE_NUMBER
        answer = wds_profiles.ProfileResponse(result=result, extended_error_code=code)
        raise Refusal(ProtocolError.EXTENDED_INTERNAL, answer) from refusal


def _name(context: Context) -> str:
    return f"profile{context.cid}"


@HANDLERS.on(wds_profiles.GetProfileList)
def profiles(call: Exchange, request: wds_profiles.GetProfileList) -> Response:
    """Tell the profiles; all are 3GPP's."""
    profile(call, DEFAULT)
    kind = ProfileType.PROFILE_3GPP
    rows = tuple(
        wds.Profile(kind, cid, _name(context))
        for cid, context in sorted(call.modem.contexts.items())
    )
    return wds_profiles.GetProfileListResponse(
        profile_list=rows if request.profile_type in (None, kind) else ()
    )


@HANDLERS.on(wds_profiles.GetProfileSettings)
def settings(call: Exchange, request: wds_profiles.GetProfileSettings) -> Response:
    """Tell a profile; its password stays in the modem."""
    return _told(_found(call, request.profile_id))


def _told(context: Context) -> Response:
    return wds_profiles.GetProfileSettingsResponse(
        profile_name=_name(context),
        pdp_type=PDP_TYPES[context.type],
        apn_name=context.apn,
        username=context.user,
        authentication=Authentication(context.auth),
        pdp_context_number=context.cid,
        apn_disabled_flag=False,
        roaming_disallowed_flag=False,
    )


@HANDLERS.on(more.GetDefaultSettings)
def default_settings(call: Exchange, _request: more.GetDefaultSettings) -> Response:
    """Tell what a profile is made with."""
    return _told(Context(DEFAULT))


@HANDLERS.on(wds_profiles.CreateProfile)
def create(call: Exchange, request: wds_profiles.CreateProfile) -> Response:
    """Define a profile under the first free number."""
    if needed(request.profile_type) is not ProfileType.PROFILE_3GPP:
        raise Refusal(ProtocolError.INVALID_PROFILE_TYPE)
    profile(call, DEFAULT)
    contexts = call.modem.contexts
    free = [cid for cid in range(1, MOST + 1) if cid not in contexts]
    if not free:
        raise Refusal(ProtocolError.NO_FREE_PROFILE)
    contexts[free[0]] = Context(free[0])
    _modify(contexts[free[0]], request)
    return wds_profiles.CreateProfileResponse(
        profile_identifier=wds.ProfileId(ProfileType.PROFILE_3GPP, free[0])
    )


@HANDLERS.on(wds_profiles.ModifyProfile)
def modify(call: Exchange, request: wds_profiles.ModifyProfile) -> Response:
    """Change a profile."""
    _modify(_found(call, request.profile_identifier), request)
    return wds_profiles.ProfileResponse()


@HANDLERS.on(wds_profiles.DeleteProfile)
def delete(call: Exchange, request: wds_profiles.DeleteProfile) -> Response:
    """Remove a profile; the default one comes back empty."""
    call.modem.contexts.pop(_found(call, request.profile_identifier).cid)
    return wds_profiles.ProfileResponse()


@HANDLERS.on(wds_profiles.GetDefaultProfileNumber)
def default_number(_call: Exchange, _request: wds_profiles.GetDefaultProfileNumber) -> Response:
    """Tell which profile is used when none is named."""
    return wds_profiles.GetDefaultProfileNumberResponse(index=DEFAULT)


@HANDLERS.on(wds_profiles.GetAutoconnectSettings)
def get_autoconnect(call: Exchange, _request: wds_profiles.GetAutoconnectSettings) -> Response:
    """Tell whether the modem connects by itself."""
    on = call.engine.sessions.automatic
    setting = AutoconnectSetting.ENABLED if on else AutoconnectSetting.DISABLED
    return wds_profiles.GetAutoconnectSettingsResponse(
        status=setting, roaming=AutoconnectRoaming.ALLOWED
    )


@HANDLERS.on(wds_profiles.SetAutoconnectSettings)
def set_autoconnect(call: Exchange, request: wds_profiles.SetAutoconnectSettings) -> Response:
    """Have the modem connect by itself, or not."""
    call.engine.sessions.automatic = needed(request.status) is AutoconnectSetting.ENABLED
    call.after.append(call.engine.connect_by_itself)
    return Response()


def _modify(
    context: Context, told: wds_profiles.CreateProfile | wds_profiles.ModifyProfile
) -> None:
    if told.pdp_type is not None:
        if told.pdp_type not in CONTEXT_TYPES:
            raise Refusal(ProtocolError.INVALID_PDP_TYPE)
        context.type = CONTEXT_TYPES[told.pdp_type]
    if told.apn_name is not None:
        context.apn = told.apn_name
    if told.username is not None:
        context.user = told.username
    if told.password is not None:
        context.password = told.password
    if told.authentication is not None:
        context.auth = int(told.authentication)
