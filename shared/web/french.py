"""What the problem documents say, in French."""

from collections.abc import Mapping

FRENCH: Mapping[str, tuple[str, str]] = {
    "malformed-json": ("Le corps n'est pas du JSON", "Envoyez une valeur JSON, en UTF-8."),
    "repeated-member": (
        "Un objet du corps nomme deux fois le même élément",
        "Envoyez chaque élément une fois : nous ne choisissons pas.",
    ),
    "too-deep": ("Le corps est trop imbriqué", "N'imbriquez pas plus de 32 niveaux."),
    "malformed-header": ("Un en-tête est mal formé", "Corrigez l'en-tête que nomme `header`."),
    "malformed-cursor": (
        "Ce curseur n'est pas des nôtres",
        "Renvoyez tel quel le `next` d'une réponse, ou rien pour tout relire.",
    ),
    "idempotency-key-missing": (
        "Il faut une clé d'idempotence",
        "Envoyez `Idempotency-Key` avec un UUID de votre choix.",
    ),
    "not-signed-in": ("Aucun jeton valable n'accompagne la requête", "Obtenez un jeton d'accès et envoyez-le."),
    "stronger-sign-in": (
        "Une connexion plus forte est nécessaire",
        "Connectez-vous de nouveau comme il est demandé, par exemple avec un second facteur, et refaites la demande.",
    ),
    "sign-in-again": (
        "Une connexion récente est nécessaire",
        "Connectez-vous de nouveau, au plus `max_age` secondes avant, et refaites la demande avec le nouveau jeton.",
    ),
    "no-post": (
        "Vous n'occupez aucun poste aujourd'hui",
        "Demandez au référent de votre département de corriger le tableau de service.",
    ),
    "break-glass-limit": (
        "Le nombre d'accès d'urgence permis en 24 heures est atteint",
        "Demandez la saisine au référent départemental, ou attendez `Retry-After` secondes.",
    ),
    "role-not-allowed": ("Cette porte n'est pas pour votre rôle", "Voyez avec qui attribue les rôles."),
    "no-opening": (
        "Le dossier de cette saisine ne vous est pas ouvert en ce moment",
        "Ouvrez-le par `POST /v1/cases/{case_id}/openings` avec la partie `file`, puis envoyez son `opening_id` comme "
        "`opening` ; il reste ouvert 30 minutes.",
    ),
    "no-consultation": (
        "Personne n'a dit pourquoi ces lignes sont consultées",
        "Ouvrez une consultation par `POST /v1/consultations` ; elle dure huit heures, pour vous seul.",
    ),
    "not-published": (
        "Les statistiques de cette année ne sont pas encore publiées",
        "`published_from` est le jour à partir duquel elles le sont ; le comptage suit dans la journée.",
    ),
    "unknown-integrator": (
        "Le registre ne connaît pas cet éditeur",
        "Demandez à l'exploitant de vous inscrire ; rien n'a été enregistré.",
    ),
    "station-not-allowed": (
        "Vous ne pouvez pas parler pour cette unité",
        "Vérifiez le code de l'unité, ou voyez avec l'exploitant.",
    ),
    "not-found": ("Il n'y a rien ici pour vous", "Vérifiez l'adresse ; ce qui n'est pas à vous paraît absent."),
    "method-not-allowed": ("Cette porte n'a pas cette méthode", "Prenez-en une que nomme `Allow`."),
    "too-slow": ("Le corps n'est pas arrivé à temps", "Renvoyez-le."),
    "conflict": ("Ce qui est demandé n'est plus possible", "Relisez l'état et décidez à nouveau."),
    "report-id-reused": (
        "Cette révision est prise avec un autre contenu, ou la fiche est retirée",
        "Prenez une révision plus haute pour corriger, un nouvel identifiant pour une nouvelle fiche. Rien n'a changé.",
    ),
    "stale-revision": (
        "Une révision plus haute de cette fiche est prise",
        "Relisez son état ; corrigez par une révision plus haute.",
    ),
    "erased": ("C'est effacé", "Il ne reste rien à montrer, ni ici ni ailleurs."),
    "stale-version": ("Cela a changé depuis votre lecture", "Relisez et décidez à nouveau."),
    "too-large": ("Le corps est trop grand", "N'envoyez pas plus de 256 Kio par fiche, 1 Mio par lot."),
    "batch-too-long": (
        "Le lot a trop d'événements",
        "N'en envoyez pas plus de 100 ensemble. Aucun n'a été enregistré.",
    ),
    "unsupported-media-type": ("Le corps n'est pas annoncé comme JSON", "Envoyez `application/json`."),
    "unsupported-event-type": (
        "Le corps n'est pas annoncé comme un CloudEvent pris ici",
        "Envoyez un type que nomme `Accept-Post`, en UTF-8.",
    ),
    "invalid-request": ("La requête n'est pas conforme", "Corrigez ce que nomme `faults`."),
    "unknown-station": (
        "Le registre ne connaît pas cette unité",
        "Vérifiez son code, ou demandez à l'exploitant de l'inscrire.",
    ),
    "sealed-unreadable": (
        "Le contenu scellé ne s'ouvre pas",
        "Relisez les clés publiées, scellez et renvoyez ; rien n'a été enregistré.",
    ),
    "idempotency-key-reused": (
        "Cette clé a servi à une autre requête",
        "Prenez une nouvelle clé pour chaque nouvelle requête.",
    ),
    "if-match-missing": (
        "Il faut la version sur laquelle vous décidez",
        "Envoyez `If-Match` avec l'ETag que vous avez lu.",
    ),
    "refused": ("La requête est refusée", "Le statut dit pourquoi."),
    "internal": ("Quelque chose a échoué chez nous", "Renvoyez plus tard, avec la même clé d'idempotence."),
    "unavailable": (
        "Il nous manque un serveur, ou trop arrive à la fois",
        "Renvoyez après `Retry-After` secondes ; rien n'est promis.",
    ),
}
"""Title and advice, by the code of each kind of problem."""
