"""Secrets among the settings: what each must be, and how it is changed.

One purpose, one secret. What signs or computes something that others keep is a list: the newest makes, all verify.
"""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import AfterValidator, Field, SecretStr
from pydantic.fields import FieldInfo

SECRET_LENGTH = 32


class Rotation(NamedTuple):
    """How a secret is changed, for its operator; stands beside the setting's type."""

    how: str


NEWEST_FIRST = Rotation("put the new one first, start again, take the old one out when nothing of it is under way")
BY_ITS_SERVER = Rotation("make a second one at the server that asks for it, set it, start again, end the first one")
NEVER = Rotation("never: ids are computed from it, and the same must come out again")


def newest_first(secrets: SecretStr | None) -> tuple[str, ...]:
    """The secrets of a list that is separated by commas, the newest first; none where it is not set."""
    text = secrets.get_secret_value() if secrets else ""
    return tuple(each.strip() for each in text.split(",") if each.strip())


def keys_in(secrets: SecretStr | None) -> tuple[bytes, ...]:
    """The same as bytes, for whatever computes with them."""
    return tuple(each.encode() for each in newest_first(secrets))


def is_secret(annotation: Any) -> bool:
    """Whether a setting of this type is a secret that may stand in a file, `RELAIS_<NAME>_FILE`."""
    return annotation is SecretStr or any(is_secret(part) for part in get_args(annotation))


def rotation_of(field: FieldInfo) -> Rotation | None:
    """How this setting is changed where it is a secret, or names the file of one."""
    return next((each for each in (*field.metadata, *_metadata(field.annotation)) if isinstance(each, Rotation)), None)


def _metadata(annotation: Any) -> Iterator[Any]:
    """What stands beside a type, or beside one of which it is made: `Secrets | None` hides it from pydantic."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _metadata(part)


def _long_enough(secrets: SecretStr) -> SecretStr:
    each = newest_first(secrets)
    if not each or min(map(len, each)) < SECRET_LENGTH:
        raise ValueError
    return secrets


Secret = Annotated[SecretStr, Field(min_length=SECRET_LENGTH)]
Secrets = Annotated[SecretStr, AfterValidator(_long_enough), NEWEST_FIRST]
"""One or several by comma, the newest first."""
LinkSecrets = Annotated[
    Secrets, Field(description="32 characters or more, from which partners' links are computed; newest first, by comma")
]
CodeSecrets = Annotated[
    Secrets,
    Field(description="32 characters or more, from which the codes of links are computed; newest first, by comma"),
]
"""What whoever writes the letter and whoever answers the page hold alike."""
