"""What each field of a row is, as the README tells it; the types come from `recli.model`."""

from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "provider": "whose API it came from",
    "profile": "the profile of the configuration",
    "id": "the provider's own id, untouched; Enswitch: `recordgroup/uniqueid/recordid`",
    "started_at": "when the recording started",
    "ended_at": "when it ended",
    "duration_s": "its length in seconds, at most three decimals",
    "direction": "`inbound`, `outbound` or `internal`, seen from the owner of the account",
    "from_number": "who called, as the provider writes it",
    "from_name": "the caller's name",
    "to_number": "who was called",
    "to_name": "the called party's name",
    "local_number": "the side that belongs to the account",
    "remote_number": "the other side",
    "owner": "the user whose call it was",
    "call_id": "the call: Plivo call_uuid, Bandwidth's call, Yeastar uid, Enswitch callid",
    "state": "`recording`, `saving`, `complete` or `error`",
    "format": "the sound's format, such as `wav` or `mp3`",
    "size_bytes": "the sound's size",
    "file_name": "the sound's name at the provider",
    "media_url": "where the sound is; never with a secret in it",
    "added_at": "when the provider stored it",
    "expires_at": "when the provider will delete it",
    "reference": "Imagicle's referenceNumber",
}
