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
    STATISTICS = "statistics", "Statistiques"


class UnusualAccess(Code):
    """Consultation inhabituelle."""

    MANY_IN_AN_HOUR = "many-in-an-hour", "Beaucoup de consultations en une heure"
    SAME_PERSON = "same-person", "Même dossier consulté de nombreuses fois"
    OFF_HOURS = "off-hours", "Consultation de nuit"
    ELSEWHERE = "elsewhere", "Dossier d'un autre territoire, en urgence"


class OpenedPart(Code):
    """Partie consultée d'un dossier."""

    CONTACT = "contact", "Identité et contact"
    FILE = "file", "Dossier social"
    SET_ASIDE = "set-aside", "Message mis de côté"


class EscalationReason(Code):
    """Motif de remontée au référent départemental."""

    NOBODY = "nobody", "Aucun ISCG disponible"
    NOT_ACCEPTED = "not-accepted", "Attribution non acceptée dans le délai"
    NOT_PLACED = "not-placed", "Aucune attribution par l'échelon saisi, dans le délai"


class DeadlineKind(Code):
    """Nature d'une échéance."""

    TO_BE_ACCEPTED = "to-be-accepted", "À accepter par l'ISCG"
    TO_BE_PLACED = "to-be-placed", "À attribuer par l'échelon saisi"
    FIRST_CONTACT = "first-contact", "Premier contact avec la personne"
    FOLLOW_UP = "follow-up", "Suite à donner"
    PARTNER_ANSWER = "partner-answer", "Réponse du partenaire"


class EscalationLevel(Code):
    """Échelon à qui revient une saisine que personne ne prend."""

    COORDINATOR = "coordinator", "Référent départemental"
    NEIGHBOURS = "neighbours", "Référents des départements voisins"
    NATIONAL = "national", "Permanence nationale"


class DecidingRule(Code):
    """Règle qui a départagé les ISCG."""

    ONLY_CANDIDATE = "only-candidate", "Seul poste possible"
    KNOWS_PERSON = "knows-person", "Suit déjà la personne, ou l'a suivie récemment"
    BELOW_CEILING = "below-ceiling", "N'a pas atteint son plafond de saisines"
    LIGHTEST_LOAD = "lightest-load", "Charge la plus faible, rapportée au temps de travail"
    LANGUAGE = "language", "Parle une langue de la personne"
    COORDINATOR = "coordinator", "Décision du référent départemental"
    COVER = "cover", "Reprise pendant une absence"
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
    WEBHOOK = "webhook", "Message signé au logiciel d'un partenaire"


class NoticeFailure(Code):
    """Motif d'échec d'un avis."""

    NO_CHANNEL = "no-channel", "Aucun canal utilisable"
    REFUSED = "refused", "Refusé par le serveur destinataire"
    GIVEN_UP = "given-up", "Abandonné après plusieurs essais"
    NO_SAFE_WAY = "no-safe-way", "Aucun moyen sûr de joindre la personne"
    TOO_LATE = "too-late", "Le délai de validité est passé"
    UNKNOWN = "unknown", "Nul ne sait s'il est parti ; la personne n'est jamais prévenue deux fois"
    UNWRITABLE = "unwritable", "Modèle absent ou incomplet"
    STOPPED = "stopped", "Arrêté : contact modifié, saisine terminée ou arrêt demandé"


class PersonWords(Code):
    """Ce qu'un avis dit à la personne: neutral words, whoever else may read them."""

    CALL_BACK = "call-back", "Elle peut rappeler"
    APPOINTMENT = "appointment", "Rappel de son rendez-vous"


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
    UNREADABLE_RECORD = "unreadable-record", "Message qui ne se décode pas"
    TOO_LARGE = "too-large", "Message trop volumineux"
    GAP = "gap", "Événement précédent manquant"
    REPORT_MISSING = "report-missing", "Fiche corrigée ou retirée qui n'est pas arrivée"
    UNKNOWN_SUBJECT = "unknown-subject", "Dossier ou fiche inconnu"
    HANDLER_FAILED = "handler-failed", "Échec de notre traitement"


class AttemptOutcome(Code):
    """Résultat d'une tentative de contact."""

    REACHED = "reached", "Personne jointe"
    NO_ANSWER = "no-answer", "Sans réponse"
    MESSAGE_LEFT = "message-left", "Message laissé"
    WRONG_CONTACT = "wrong-contact", "Coordonnées erronées"
    REFUSED = "refused", "Ne souhaite pas de contact"


class InterviewPlace(Code):
    """Lieu d'un entretien."""

    STATION = "station", "À l'unité"
    OFFICE = "office", "Au bureau de l'ISCG"
    HOME = "home", "À domicile"
    PARTNER = "partner", "Chez un partenaire"
    PHONE = "phone", "Par téléphone"
    VIDEO = "video", "En visioconférence"
    OTHER = "other", "Autre"


class DurationBand(Code):
    """Durée d'un entretien."""

    UNDER_15 = "under-15", "Moins de 15 minutes"
    FROM_15 = "15-30", "15 à 30 minutes"
    FROM_30 = "30-60", "30 minutes à une heure"
    OVER_60 = "over-60", "Plus d'une heure"


class CaseOutcome(Code):
    """Fin de la saisine."""

    CLOSED = "closed", "Close par l'ISCG"
    WITHDRAWN = "withdrawn", "Accord retiré par la personne"
    CANCELLED = "cancelled", "Annulée par l'unité"


class ClosureReason(Code):
    """Motif de clôture."""

    COMPLETED = "completed", "Accompagnement terminé"
    RELAYED = "relayed", "Relais assuré par un partenaire"
    DECLINED_HELP = "declined-help", "Ne souhaite pas d'accompagnement"
    UNREACHABLE = "unreachable", "Personne injoignable"
    MOVED = "moved", "Départ du territoire"
    DUPLICATE = "duplicate", "Doublon"
    OTHER = "other", "Autre"


class CripAnswer(Code):
    """Information préoccupante à la CRIP ?"""

    SENT = "sent", "Oui, transmise"
    NOT_NEEDED = "not-needed", "Non, avec motif"
    NO_MINORS = "no-minors", "Sans objet: aucun mineur"


class ErasureReason(Code):
    """Motif d'effacement."""

    RETENTION = "retention", "Durée de conservation atteinte"
    REQUEST = "request", "Demande de la personne"
