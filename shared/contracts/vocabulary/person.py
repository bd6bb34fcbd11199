"""What a report says about people: who they are to the facts, what they agreed to, how to reach them safely."""

from shared.contracts.vocabulary.code import Code


class Role(Code):
    """Qualité de la personne au regard des faits."""

    VICTIM = "victim", "Victime"
    SUSPECT = "suspect", "Mis en cause"
    WITNESS = "witness", "Témoin"
    RELATIVE = "relative", "Proche"
    OTHER = "other", "Autre"


class Sex(Code):
    """Sexe déclaré."""

    F = "F", "Femme"
    M = "M", "Homme"
    X = "X", "Autre"
    UNKNOWN = "unknown", "Non renseigné"


class AgeBand(Code):
    """Tranche d'âge."""

    FROM_0 = "0-2", "0 à 2 ans"
    FROM_3 = "3-5", "3 à 5 ans"
    FROM_6 = "6-10", "6 à 10 ans"
    FROM_11 = "11-14", "11 à 14 ans"
    FROM_15 = "15-17", "15 à 17 ans"
    FROM_18 = "18-24", "18 à 24 ans"
    FROM_25 = "25-39", "25 à 39 ans"
    FROM_40 = "40-59", "40 à 59 ans"
    FROM_60 = "60-74", "60 à 74 ans"
    FROM_75 = "75+", "75 ans et plus"
    UNKNOWN = "unknown", "Non renseignée"


class ConsentAnswer(Code):
    """Accord de la personne."""

    GIVEN = "given", "Donné"
    REFUSED = "refused", "Refusé"
    NOT_ASKED = "not-asked", "Non demandé"


class ConsentHow(Code):
    """Forme du recueil de l'accord."""

    ORAL = "oral", "Oral"
    WRITTEN = "written", "Écrit"
    BY_REPRESENTATIVE = "by-representative", "Par un représentant"


class ContactChannel(Code):
    """Canal du contact sûr de la personne."""

    PHONE = "phone", "Téléphone"
    SMS = "sms", "SMS"
    EMAIL = "email", "Courriel"
    LETTER = "letter", "Courrier"
    TRUSTED_PERSON = "trusted-person", "Personne de confiance"


class Weekday(Code):
    """Jour de la semaine."""

    MON = "mon", "Lundi"
    TUE = "tue", "Mardi"
    WED = "wed", "Mercredi"
    THU = "thu", "Jeudi"
    FRI = "fri", "Vendredi"
    SAT = "sat", "Samedi"
    SUN = "sun", "Dimanche"


class Need(Code):
    """Besoin social repéré."""

    SHELTER = "shelter", "Hébergement"
    FOOD = "food", "Aide alimentaire"
    INCOME = "income", "Ressources"
    HOUSING = "housing", "Logement"
    RIGHTS = "rights", "Accès aux droits"
    HEALTH = "health", "Santé"
    MENTAL_HEALTH = "mental-health", "Santé mentale"
    CHILDREN = "children", "Enfants"
    MEDIATION = "mediation", "Médiation"
    PROTECTION = "protection", "Protection"
    ADMINISTRATIVE = "administrative", "Démarches administratives"
    TRANSPORT = "transport", "Mobilité"
    LANGUAGE = "language", "Langue"
    DISABILITY = "disability", "Handicap"
    OTHER = "other", "Autre"
