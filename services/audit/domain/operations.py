"""Which operation of the law each event tells of (article 25 of directive (EU) 2016/680).

One row an event; a test keeps the table complete. `why` and `to` name the member in clear that holds the
reason, and the one for whom it was done; `fr` and `en` are what a line of it says to people.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Operation = Literal["collection", "alteration", "consultation", "disclosure", "combination", "erasure"]


class Rule(NamedTuple):
    """How an event of one type reads as a line of the log."""

    operation: Operation
    fr: str
    en: str
    why: str | None = None
    to: str | None = None


OPERATIONS: Mapping[str, Rule] = {
    "station.report-submitted.v1": Rule(
        "collection",
        "{who} a transmis le signalement {subject}.",
        "{who} handed report {subject} in.",
    ),
    "station.report-withdrawn.v1": Rule(
        "alteration",
        "{who} a retiré le signalement {subject}.",
        "{who} withdrew report {subject}.",
        why="reason",
    ),
    "station.receipt-issued.v1": Rule(
        "disclosure",
        "Relais a remis à {to} l'accusé de réception du signalement {subject}.",
        "Relais gave {to} the receipt of report {subject}.",
    ),
    "report.accepted.v1": Rule(
        "collection",
        "Relais a recueilli un signalement et ouvert le dossier {subject}.",
        "Relais took a report for case {subject}.",
    ),
    "report.corrected.v1": Rule(
        "alteration",
        "La source a corrigé le signalement du dossier {subject}.",
        "The station corrected the report of case {subject}.",
    ),
    "report.withdrawn.v1": Rule(
        "alteration",
        "La source a retiré le signalement du dossier {subject} ({why}).",
        "The station withdrew the report of case {subject} ({why}).",
        why="reason",
    ),
    "report.rejected.v1": Rule(
        "collection",
        "Relais a refusé un signalement ({why}) : {subject}.",
        "Relais rejected a report ({why}): {subject}.",
        why="reason",
    ),
    "report.counted.v1": Rule(
        "collection",
        "Un signalement sans suite sociale a été compté : {subject}.",
        "A report that asks for no social worker was counted: {subject}.",
    ),
    "station.registered.v1": Rule(
        "alteration",
        "{who} a inscrit ou modifié l'unité {subject} ({why}).",
        "{who} registered or changed station {subject} ({why}).",
        why="reason",
    ),
    "station.closed.v1": Rule(
        "alteration",
        "{who} a fermé l'unité {subject} ({why}).",
        "{who} closed station {subject} ({why}).",
        why="reason",
    ),
    "integrator.registered.v1": Rule(
        "alteration",
        "{who} a inscrit ou modifié l'éditeur {subject} ({why}).",
        "{who} registered or changed integrator {subject} ({why}).",
        why="reason",
    ),
    "integrator.closed.v1": Rule(
        "alteration",
        "{who} a retiré l'éditeur {subject} ({why}).",
        "{who} removed integrator {subject} ({why}).",
        why="reason",
    ),
    "key.rotated.v1": Rule(
        "alteration",
        "{who} a remplacé la clé {subject}.",
        "{who} rotated key {subject}.",
    ),
    "key.destroyed.v1": Rule(
        "erasure",
        "{who} a détruit la clé {subject}.",
        "{who} destroyed key {subject}.",
    ),
    "case.opened.v1": Rule(
        "alteration",
        "Le dossier {subject} a été ouvert.",
        "Case {subject} was opened.",
    ),
    "case.corrected.v1": Rule(
        "alteration",
        "Le dossier {subject} a été mis à jour selon la correction de la source.",
        "Case {subject} was changed as the station corrected its report.",
    ),
    "case.merged.v1": Rule(
        "combination",
        "{who} a fusionné le dossier {subject} avec un autre de la même personne.",
        "{who} merged case {subject} into another of the same person.",
    ),
    "case.parted.v1": Rule(
        "alteration",
        "{who} a annulé la fusion du dossier {subject}.",
        "{who} undid the merge of case {subject}.",
    ),
    "case.link-changed.v1": Rule(
        "combination",
        "{who} a relié ou séparé le dossier {subject} et un autre.",
        "{who} linked case {subject} to another, or unlinked it.",
    ),
    "case.iscg-assigned.v1": Rule(
        "disclosure",
        "Le dossier {subject} a été confié à l'ISCG {to}.",
        "Case {subject} was assigned to ISCG {to}.",
        to="iscg_id",
    ),
    "case.iscg-accepted.v1": Rule(
        "alteration",
        "{who} a pris en charge le dossier {subject}.",
        "{who} took case {subject} in charge.",
    ),
    "case.iscg-declined.v1": Rule(
        "alteration",
        "{who} a décliné le dossier {subject}.",
        "{who} declined case {subject}.",
    ),
    "case.escalated.v1": Rule(
        "disclosure",
        "Le dossier {subject} a été signalé à un niveau supérieur ({why}).",
        "Case {subject} was escalated ({why}).",
        why="reason",
    ),
    "case.deadline-neared.v1": Rule(
        "disclosure",
        "Un délai du dossier {subject} a été rappelé ({why}).",
        "A deadline of case {subject} was recalled ({why}).",
        why="kind",
    ),
    "case.deadline-missed.v1": Rule(
        "disclosure",
        "Un délai du dossier {subject} a été dépassé ({why}).",
        "A deadline of case {subject} was missed ({why}).",
        why="kind",
    ),
    "case.contact-attempted.v1": Rule(
        "alteration",
        "{who} a tenté de joindre la personne du dossier {subject}.",
        "{who} tried to reach the person of case {subject}.",
    ),
    "case.interview-held.v1": Rule(
        "alteration",
        "{who} a noté un entretien au dossier {subject}.",
        "{who} noted an interview in case {subject}.",
    ),
    "case.person-not-reached.v1": Rule(
        "alteration",
        "{who} a noté que la personne du dossier {subject} reste injoignable.",
        "{who} noted that the person of case {subject} can't be reached.",
    ),
    "case.closed.v1": Rule(
        "alteration",
        "{who} a clos le dossier {subject} ({why}).",
        "{who} closed case {subject} ({why}).",
        why="outcome",
    ),
    "roster.post-changed.v1": Rule(
        "alteration",
        "{who} a modifié le poste {subject} ({why}).",
        "{who} changed post {subject} ({why}).",
        why="reason",
    ),
    "roster.coordinator-changed.v1": Rule(
        "alteration",
        "{who} a modifié le référent {subject} ({why}).",
        "{who} changed coordinator {subject} ({why}).",
        why="reason",
    ),
    "roster.territory-changed.v1": Rule(
        "alteration",
        "{who} a modifié le territoire {subject} ({why}).",
        "{who} changed territory {subject} ({why}).",
        why="reason",
    ),
    "roster.fallback-changed.v1": Rule(
        "alteration",
        "{who} a modifié le recours national ({why}).",
        "{who} changed the national fallback ({why}).",
        why="reason",
    ),
    "roster.partner-changed.v1": Rule(
        "alteration",
        "{who} a modifié le partenaire {subject} ({why}).",
        "{who} changed partner {subject} ({why}).",
        why="reason",
    ),
    "roster.access-changed.v1": Rule(
        "alteration",
        "{who} a modifié la connexion ou les coordonnées de {to} ({why}).",
        "{who} changed how {to} signs in or is told ({why}).",
        why="reason",
        to="holder_id",
    ),
    "roster.presence-agreed.v1": Rule(
        "alteration",
        "{who} a accepté ou refusé la permanence du poste {subject} dans l'unité {to} ({why}).",
        "{who} agreed to the presence of post {subject} at station {to}, or ended that ({why}).",
        why="reason",
        to="station",
    ),
    "case.referral-sent.v1": Rule(
        "disclosure",
        "{who} a orienté la personne du dossier {subject} vers un partenaire (orientation {to}).",
        "{who} referred the person of case {subject} to a partner (referral {to}).",
        to="referral_id",
    ),
    "case.referral-link-renewed.v1": Rule(
        "disclosure",
        "{who} a renvoyé à un partenaire le lien de l'orientation {to} (dossier {subject}).",
        "{who} sent a partner its link of referral {to} again (case {subject}).",
        to="referral_id",
    ),
    "case.access-code-issued.v1": Rule(
        "disclosure",
        "Un code d'accès à l'orientation {to} a été envoyé à son partenaire (dossier {subject}).",
        "An access code of referral {to} was sent to its partner (case {subject}).",
        to="referral_id",
    ),
    "case.referral-answered.v1": Rule(
        "alteration",
        "Un partenaire a répondu à une orientation du dossier {subject}.",
        "A partner answered a referral of case {subject}.",
    ),
    "case.referral-cancelled.v1": Rule(
        "disclosure",
        "L'orientation {to} du dossier {subject} a été annulée ({why}).",
        "Referral {to} of case {subject} was cancelled ({why}).",
        why="reason",
        to="referral_id",
    ),
    "case.referral-expired.v1": Rule(
        "alteration",
        "Une orientation du dossier {subject} est restée sans réponse.",
        "A referral of case {subject} had no answer in time.",
    ),
    "case.consent-collected.v1": Rule(
        "collection",
        "{who} a recueilli l'accord ou le refus de la personne du dossier {subject}.",
        "{who} collected what the person of case {subject} agrees to.",
    ),
    "case.glass-broken.v1": Rule(
        "disclosure",
        "{who} a ouvert en urgence l'accès au dossier {subject}.",
        "{who} broke the glass to look at case {subject}.",
    ),
    "case.needs-assessed.v1": Rule(
        "alteration",
        "{who} a évalué les besoins de la personne du dossier {subject}.",
        "{who} assessed what the person of case {subject} needs.",
    ),
    "case.person-notice-requested.v1": Rule(
        "disclosure",
        "{who} a demandé que la personne du dossier {subject} soit prévenue ({why}).",
        "{who} asked that the person of case {subject} be written to ({why}).",
        why="words",
    ),
    "case.contact-stop-requested.v1": Rule(
        "alteration",
        "{who} a demandé que plus rien ne soit envoyé à la personne du dossier {subject}.",
        "{who} asked that nothing more be sent to the person of case {subject}.",
    ),
    "case.erased.v1": Rule(
        "erasure",
        "Le dossier {subject} a été effacé ({why}).",
        "Case {subject} was erased ({why}).",
        why="reason",
    ),
    "case.legal-hold-changed.v1": Rule(
        "alteration",
        "{who} a posé ou levé la conservation légale du dossier {subject}.",
        "{who} began or ended the legal hold of case {subject}.",
    ),
    "case.standing-changed.v1": Rule(
        "disclosure",
        "L'éditeur {to} a été informé de la suite donnée au dossier {subject}.",
        "Integrator {to} was told how case {subject} stands.",
        to="integrator",
    ),
    "station.presence-published.v1": Rule(
        "disclosure",
        "L'unité {to} a été informée des présences de l'ISCG.",
        "Station {to} was told when an ISCG is present.",
        to="station",
    ),
    "notification.sent.v1": Rule(
        "disclosure",
        "Un avis a été envoyé à {to} au sujet de {subject}.",
        "A notice about {subject} was sent to {to}.",
        to="ref",
    ),
    "notification.failed.v1": Rule(
        "disclosure",
        "Un avis à {to} au sujet de {subject} n'a pas pu être envoyé ({why}).",
        "A notice about {subject} to {to} could not be sent ({why}).",
        why="reason",
        to="ref",
    ),
    "notification.delivered.v1": Rule(
        "disclosure",
        "Un avis au sujet de {subject} a été remis à {to}.",
        "A notice about {subject} has reached {to}.",
        to="ref",
    ),
    "notification.bounced.v1": Rule(
        "disclosure",
        "Un avis à {to} au sujet de {subject} est revenu.",
        "A notice about {subject} to {to} came back.",
        to="ref",
    ),
    "notification.contact-stopped.v1": Rule(
        "alteration",
        "Plus rien ne peut partir vers la personne du dossier {subject}.",
        "Nothing more can leave towards the person of case {subject}.",
    ),
    "access.personal-data-consulted.v1": Rule(
        "consultation",
        "{who} a consulté des données personnelles ({why}) : {subject}.",
        "{who} looked at personal data ({why}): {subject}.",
        why="purpose",
    ),
    "access.referral-opened.v1": Rule(
        "disclosure",
        "Un partenaire a ouvert l'orientation {to}.",
        "A partner opened referral {to}.",
        to="referral_id",
    ),
    "access.inspection-requested.v1": Rule(
        "consultation",
        "{who} a demandé l'identité derrière le dossier {subject}.",
        "{who} asked who case {subject} is about.",
    ),
    "access.inspection-granted.v1": Rule(
        "consultation",
        "{who} a accordé à {to} de voir l'identité derrière le dossier {subject}.",
        "{who} granted {to} to see who case {subject} is about.",
        to="asked_by",
    ),
    "access.log-consulted.v1": Rule(
        "consultation",
        "{who} a consulté le journal ({why}).",
        "{who} searched the log ({why}).",
        why="purpose",
    ),
    "access.unusual-access-seen.v1": Rule(
        "consultation",
        "Des consultations inhabituelles ont été relevées ({why}) : {to}.",
        "Unusual looks at data were seen ({why}): {to}.",
        why="rule",
        to="actor",
    ),
    "delivery.record-set-aside.v1": Rule(
        "alteration",
        "Un message a été mis de côté ({why}).",
        "A record was set aside ({why}).",
        why="reason",
    ),
    "delivery.record-discarded.v1": Rule(
        "erasure",
        "{who} a écarté un message mis de côté ({why}).",
        "{who} discarded a record that was set aside ({why}).",
        why="reason",
    ),
    "delivery.day-closed.v1": Rule(
        "alteration",
        "Un service a clos une journée : ce qu'il a dit dans {subject}.",
        "A service closed a day: what it has said on {subject}.",
    ),
    "delivery.events-missing.v1": Rule(
        "alteration",
        "Des événements de {to} manquent au journal : {subject}.",
        "Events of {to} are missing from the log: {subject}.",
        to="service",
    ),
}
