"""What happens behind the door: who is told and how, why somebody looked, what could not be handled."""

from shared.contracts.vocabulary.code import Code


class Purpose(Code):
    """Motif de consultation."""

    FOLLOW_UP = "follow-up", "Suivi"
    FIRST_CONTACT = "first-contact", "Premier contact"
    ABSENCE_COVER = "absence-cover", "Remplacement"
    COORDINATION = "coordination", "Coordination"
    BREAK_GLASS = "break-glass", "Accès d'urgence"
    SET_ASIDE_REPAIR = "set-aside-repair", "Traitement d'un message mis de côté"
    INSPECTION = "inspection", "Inspection"
    PERSON_REQUEST = "person-request", "Demande de la personne"
    AUDIT = "audit", "Audit"


class OpenedPart(Code):
    """Partie consultée d'un dossier."""

    CONTACT = "contact", "Identité et contact"
    FILE = "file", "Dossier social"
    SET_ASIDE = "set-aside", "Message mis de côté"


class EscalationReason(Code):
    """Motif de remontée au référent départemental."""

    NOBODY = "nobody", "Aucun ISCG disponible"
    NOT_ACCEPTED = "not-accepted", "Attribution non acceptée dans le délai"


class DecidingRule(Code):
    """Règle qui a départagé les ISCG."""

    ONLY_CANDIDATE = "only-candidate", "Seul poste possible"
    LIGHTEST_LOAD = "lightest-load", "Charge la plus faible"
    TIE_BREAK = "tie-break", "À charge égale, ordre des postes"


class RecipientRole(Code):
    """Destinataire d'un avis."""

    ISCG = "iscg", "ISCG"
    COVER = "cover", "ISCG remplaçant"
    COORDINATOR = "coordinator", "Référent départemental"
    ON_CALL = "on-call", "Astreinte"
    PARTNER = "partner", "Partenaire"
    PERSON = "person", "Personne concernée"


class NoticeChannel(Code):
    """Canal d'un avis."""

    EMAIL = "email", "Courriel"
    SMS = "sms", "SMS"
    WEB_PUSH = "web-push", "Notification sur l'appareil"


class NoticeFailure(Code):
    """Motif d'échec d'un avis."""

    NO_CHANNEL = "no-channel", "Aucun canal utilisable"
    REFUSED = "refused", "Refusé par le serveur destinataire"
    GIVEN_UP = "given-up", "Abandonné après plusieurs essais"


class SetAsideReason(Code):
    """Motif de mise de côté d'un message."""

    NOT_JSON = "not-json", "Corps qui n'est pas du JSON"
    TOO_DEEP = "too-deep", "JSON trop imbriqué"
    REPEATED_MEMBER = "repeated-member", "Élément présent deux fois dans un objet"
    NULL_VALUE = "null-value", "Corps absent"
    UNREADABLE_HEADERS = "unreadable-headers", "En-têtes illisibles"
    MISSING_HEADER = "missing-header", "En-tête manquant"
    UNKNOWN_TYPE = "unknown-type", "Type inconnu"
    UNKNOWN_VERSION = "unknown-version", "Version inconnue"
    SEALED_UNREADABLE = "sealed-unreadable", "Contenu scellé qui ne s'ouvre pas"
    INVALID = "invalid", "Événement non conforme"
    GAP = "gap", "Événement précédent manquant"
    REPORT_MISSING = "report-missing", "Fiche corrigée ou retirée qui n'est pas arrivée"
    HANDLER_FAILED = "handler-failed", "Échec de notre traitement"
