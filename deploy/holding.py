"""Which secret each service holds, as its settings class says."""

from collections.abc import Mapping
from pathlib import Path

from pydantic.fields import FieldInfo

from services.audit.settings import AuditSettings
from services.intake.settings import IntakeSettings
from services.notification.settings import NotificationSettings
from services.referral.settings import ReferralServiceSettings
from shared.secret_settings import Rotation, is_secret, rotation_of
from shared.settings import PREFIX, ServiceSettings
from shared.vault.masters import MasterFiles, member_name

SETTINGS: Mapping[str, type[ServiceSettings]] = {
    each.service: each for each in (IntakeSettings, ReferralServiceSettings, NotificationSettings, AuditSettings)
}


def variable(member: str) -> str:
    """The variable of a setting."""
    return f"{PREFIX}{member}".upper()


def fields_of(service: str) -> dict[str, FieldInfo]:
    """Every setting of a service by its variable, its master keys included."""
    settings = SETTINGS[service]
    masters = {f"{member_name(each)}_file" for each in settings.compartments}
    own = {variable(member): field for member, field in settings.model_fields.items()}
    files = MasterFiles.model_fields.items()
    return own | {variable(f"master_{member}"): field for member, field in files if member in masters}


def held_by(service: str) -> dict[str, Rotation]:
    """The secrets of a service by their variable, and how each of them is changed."""
    fields = fields_of(service).items()
    return {name: rotation for name, field in fields if (rotation := rotation_of(field)) is not None}


def may_stand_in_a_file(field: FieldInfo) -> bool:
    """Whether `RELAIS_<NAME>_FILE` may name a file with this setting."""
    return is_secret(field.annotation)


def file_of(service: str, name: str) -> str:
    """The variable that names the file or folder of a secret."""
    return f"{name}_FILE" if may_stand_in_a_file(fields_of(service)[name]) else name


def files_held(service: str, made: Mapping[str, str]) -> list[Path]:
    """Which of the secrets that were made, by the variable that names the file, this service holds."""
    return [Path(made[file]) for name in held_by(service) if (file := file_of(service, name)) in made]
