"""Whether the providers of the chosen profiles know a query's own parameters (`--param`)."""

from collections.abc import Sequence

from recli.config.profile import Profile
from recli.errors import UsageError
from recli.model import Query
from recli.providers.base import Provider
from recli.providers.params import names_of
from recli.text import nearest, quote_name


def check_params(profiles: Sequence[Profile], query: Query) -> None:
    """Raise UsageError unless all profiles are of one provider that knows the query's params."""
    if not query.params:
        return
    providers = {profile.provider.name: type(profile.provider) for profile in profiles}
    if len(providers) > 1:
        names = sorted(providers)
        raise UsageError(
            f"--param is for profiles of one provider; these are of {', '.join(names)}",
            hint=f"-P {names[0]}, or name profiles with -p",
        )
    for provider in providers.values():
        for name, _ in query.params:
            _check_name(provider, name)


def _check_name(provider: type[Provider], name: str) -> None:
    known = names_of(provider.params)
    if name in known:
        return
    hint = f"recli providers {provider.name}" if known else None
    if name in provider.reserved_params:
        problem = f"--param {name}: recli sets this itself at {provider.name}"
        raise UsageError(problem, hint=hint)
    problem = f"--param {quote_name(name)}: {provider.name} has no such parameter"
    if not known:
        raise UsageError(f"{problem}: its server filters nothing")
    near = nearest(name, known)
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?", hint=hint)
    raise UsageError(problem, hint=f"known: {', '.join(known)}")
