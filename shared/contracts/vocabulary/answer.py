"""What Relais answers a station: outcomes, reasons, faults, standings."""

from shared.contracts.vocabulary.code import Code


class Outcome(Code):
    """Suite donnée à une fiche, dite par l'accusé de réception."""

    ACCEPTED = "accepted", "Acceptée"
    COUNTED = "counted", "Comptée sans identité"
    REJECTED = "rejected", "Rejetée"
    CORRECTED = "corrected", "Corrigée"
    WITHDRAWN = "withdrawn", "Retirée"
    KEPT = "kept", "Gardée jusqu'à l'arrivée de la fiche qu'elle corrige ou retire"
    STANDING = "standing", "Changement d'état"


class Standing(Code):
    """État de la saisine vu de l'unité."""

    RECEIVED = "received", "Reçue"
    REJECTED = "rejected", "Rejetée"
    COUNTED = "counted", "Comptée sans identité"
    TAKEN_IN_CHARGE = "taken-in-charge", "Prise en charge"
    NOT_REACHABLE = "not-reachable", "Personne injoignable"
    CLOSED = "closed", "Close"


class RejectReason(Code):
    """Motif de rejet d'une fiche."""

    INVALID = "invalid", "Fiche non conforme"
    TOO_LARGE = "too-large", "Fiche trop volumineuse"
    UNKNOWN_STATION = "unknown-station", "Unité inconnue"
    STATION_NOT_ALLOWED = "station-not-allowed", "Unité hors du périmètre de l'éditeur"
    REPORT_ID_REUSED = "report-id-reused", "Identifiant déjà pris par une autre fiche"
    STALE_REVISION = "stale-revision", "Révision dépassée"


class ReceiptWarning(Code):
    """Avertissement porté par l'accusé de réception."""

    CLOCK_AHEAD = "clock-ahead", "Horloge de l'unité en avance"


class Helpline(Code):
    """Numéro à appeler."""

    POLICE = "17", "Police secours"
    EMERGENCY = "112", "Numéro d'urgence européen"
    SMS = "114", "Urgence par SMS"
    SHELTER = "115", "Hébergement d'urgence"
    CHILDREN = "119", "Enfance en danger"
    VICTIMS = "116006", "Aide aux victimes"
    LISTENING = "3919", "Violences femmes info (écoute)"


class FaultCode(Code):
    """Défaut d'une fiche."""

    MISSING = "missing", "Élément manquant"
    UNKNOWN_MEMBER = "unknown-member", "Élément inconnu dans cet objet"
    WRONG_TYPE = "wrong-type", "Type JSON inattendu"
    NOT_IN_LIST = "not-in-list", "Code hors de la liste"
    NOT_A_UUID = "not-a-uuid", "UUID attendu, en minuscules et tirets"
    NOT_A_TIME = "not-a-time", "Date et heure RFC 3339 avec fuseau attendues"
    NOT_A_DATE = "not-a-date", "Date AAAA-MM-JJ attendue"
    UNKNOWN_ZONE = "unknown-zone", "Fuseau horaire inconnu"
    BAD_FORMAT = "bad-format", "Forme inattendue"
    TOO_SHORT = "too-short", "Trop court"
    TOO_LONG = "too-long", "Trop long"
    OUT_OF_RANGE = "out-of-range", "Nombre hors limites"
    NOT_JSON = "not-json", "Contenu déchiffré illisible"
    TOO_DEEP = "too-deep", "Imbrication trop profonde"
    REPEATED_MEMBER = "repeated-member", "Élément présent deux fois dans un objet"
    NOT_ONE_CONCERNED = "not-one-concerned", "Exactement une personne concernée attendue"
    ONLY_CONCERNED_PERSON = "only-concerned-person", "Réservé à la personne concernée"
    WHY_REQUIRED = "why-required", "Raison attendue quand l'accord n'est pas demandé"
    AGE_BANDS_REQUIRED = "age-bands-required", "Tranches d'âge des mineurs attendues"
    NOT_A_MINOR = "not-a-minor", "Tranche d'âge d'un majeur"
    MORE_RED_THAN_YES = "more-red-than-yes", "Plus de réponses rouges que de oui"
    NOT_THAT_AGE = "not-that-age", "Tranche d'âge et date de naissance se contredisent"
    AFTER_TAKEN_AT = "after-taken-at", "Postérieur à la saisine"
    HOURS_INCOMPLETE = "hours-incomplete", "Début et fin attendus ensemble"
    NOT_A_PHONE_NUMBER = "not-a-phone-number", "Numéro de téléphone impossible"
    NOT_A_MOBILE = "not-a-mobile", "Un SMS n'arrive pas à ce numéro : ligne fixe ou spéciale"
    NOT_AN_EMAIL = "not-an-email", "Adresse électronique impossible"
    NOT_A_LANGUAGE = "not-a-language", "Langue inconnue"
    NO_SAFE_CHANNEL = "no-safe-channel", "Aucun canal sûr : à ne jamais appeler, et seul le téléphone est donné"
    EXPIRED = "expired", "Échu avant la saisine"
    CONTACT_OF_OTHER_ROLE = "contact-of-other-role", "Contact donné pour un autre rôle par une fiche liée"
    NO_CONSENT_FOR_PARTNER = "no-consent-for-partner", "Ni accord ni fondement légal pour ce partenaire"
    MORE_FAULTS = "more-faults", "D'autres défauts ne sont pas cités"
    INVALID = "invalid", "Non conforme"
