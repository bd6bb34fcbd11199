"""What a station says about the moment: how the person came, what was written down, how pressing it is."""

from shared.contracts.vocabulary.code import Code


class Force(Code):
    """Force de rattachement de l'unité."""

    POLICE = "police", "Police nationale"
    GENDARMERIE = "gendarmerie", "Gendarmerie nationale"


class Origin(Code):
    """Mode de saisine de l'ISCG."""

    OFFICER_AFTER_COMPLAINT = "officer-after-complaint", "Policier ou gendarme, lors de la plainte ou après"
    LOG_ENTRY_READING = "log-entry-reading", "Lecture d'une main courante"
    INTERVENTION_REPORT = "intervention-report", "Compte rendu d'intervention de la gendarmerie"
    OTHER_SERVICE = "other-service", "Autre service ou partenaire"
    PERSON_HERSELF = "person-herself", "Démarche de la personne elle-même"
    OUTREACH = "outreach", "Initiative de l'ISCG"


class ActKind(Code):
    """Acte de police ou de gendarmerie qui précède la saisine."""

    PLAINTE = "plainte", "Plainte"
    MAIN_COURANTE = "main-courante", "Main courante"
    PVRJ = "pvrj", "Procès-verbal de renseignement judiciaire"
    INTERVENTION = "intervention", "Intervention"
    NONE = "none", "Aucun acte"


class Category(Code):
    """Problématique repérée."""

    VIOLENCE_IN_COUPLE = "violence-in-couple", "Violences au sein du couple"
    OTHER_FAMILY_VIOLENCE = "other-family-violence", "Autres violences intrafamiliales"
    SEXUAL_VIOLENCE = "sexual-violence", "Violences sexuelles"
    MINOR_IN_DANGER = "minor-in-danger", "Mineur en danger"
    VULNERABLE_ADULT = "vulnerable-adult", "Majeur vulnérable ou personne âgée"
    FAMILY_CONFLICT = "family-conflict", "Conflit familial"
    NEIGHBOUR_CONFLICT = "neighbour-conflict", "Conflit de voisinage"
    SOCIAL_DISTRESS = "social-distress", "Détresse sociale"
    HOUSING_LOSS = "housing-loss", "Perte de logement"
    MENTAL_HEALTH = "mental-health", "Santé mentale"
    ADDICTION = "addiction", "Addiction"
    RUNAWAY = "runaway", "Fugue"
    OTHER_OFFENCE_VICTIM = "other-offence-victim", "Victime d'une autre infraction"
    IMPLICATED_PERSON_AND_FAMILY = "implicated-person-and-family", "Personne mise en cause et sa famille"
    OTHER = "other", "Autre"


class Urgency(Code):
    """Degré d'urgence de la saisine."""

    IMMEDIATE = "immediate", "Immédiat"
    URGENT = "urgent", "Urgent"
    STANDARD = "standard", "Standard"


class RegistryReason(Code):
    """Motif d'un changement du registre des unités."""

    OPENING = "opening", "Ouverture"
    CLOSING = "closing", "Fermeture"
    REORGANISATION = "reorganisation", "Réorganisation"
    CORRECTION = "correction", "Correction d'une erreur"
    NEW_SOFTWARE = "new-software", "Changement de logiciel"
    OTHER = "other", "Autre"


class WithdrawalReason(Code):
    """Motif de retrait d'une fiche."""

    SENT_BY_MISTAKE = "sent-by-mistake", "Envoyée par erreur"
    DUPLICATE = "duplicate", "Doublon d'une autre fiche"
    WRONG_PERSON = "wrong-person", "Mauvaise personne"
    OTHER = "other", "Autre"
