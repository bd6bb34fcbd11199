"""The roster's lists: who employs an ISCG, for whom a post is, why it changes."""

from shared.contracts.vocabulary.code import Code


class EmployerKind(Code):
    """Employeur de l'ISCG."""

    DEPARTEMENT = "departement", "Conseil départemental"
    COMMUNE = "commune", "Commune ou intercommunalité"
    ASSOCIATION = "association", "Association"
    STATE = "state", "État"
    OTHER = "other", "Autre"


class PostForce(Code):
    """Force auprès de laquelle le poste est placé."""

    POLICE = "police", "Police nationale"
    GENDARMERIE = "gendarmerie", "Gendarmerie nationale"
    MIXED = "mixed", "Poste mixte"


class RosterReason(Code):
    """Motif d'un changement du tableau de service."""

    OPENING = "opening", "Ouverture d'un poste"
    ARRIVAL = "arrival", "Arrivée"
    DEPARTURE = "departure", "Départ"
    ABSENCE = "absence", "Absence"
    REORGANISATION = "reorganisation", "Réorganisation"
    SIGN_IN = "sign-in", "Changement d'identifiant de connexion"
    CORRECTION = "correction", "Correction d'une erreur"


class DeclineReason(Code):
    """Motif pour lequel une ISCG décline une saisine."""

    KNOWS_THE_PEOPLE = "knows-the-people", "Lien personnel avec les personnes"
    RELATED_CASE = "related-case", "Suit une autre personne de l'affaire"
    OVERLOADED = "overloaded", "Charge trop forte"
    AWAY = "away", "Absence"
    OUTSIDE_CATCHMENT = "outside-catchment", "Hors de son ressort"
    LANGUAGE = "language", "Langue"
    OTHER = "other", "Autre"


class MoveReason(Code):
    """Motif pour lequel une saisine change d'ISCG."""

    DECLINED = "declined", "Déclinée"
    ABSENCE = "absence", "Absence"
    COORDINATION = "coordination", "Décision du référent"
    COVER = "cover", "Reprise par la remplaçante"
    HANDOVER = "handover", "Départ, dossiers transmis"
    PARTED = "parted", "Séparée d'une autre saisine"
