"""The French lexicon, without accents where they do not part words: texts are folded before they are looked up."""

from __future__ import annotations

from mapping.draft.words import Lexicon, Tag, lexicon


def verb_forms(verb: str) -> set[str]:
    """Return a regular verb in -er or -ir with its present, participles and gerund; the first word is the verb."""
    first, space, rest = verb.partition(" ")
    stem = first[:-2]
    soft = f"{stem}e" if stem.endswith("g") else stem
    if first.endswith("ir"):
        endings = [
            first,
            *(stem + end for end in ("i", "ie", "is", "ies", "it", "issons", "issez", "issent", "issant")),
        ]
    else:
        endings = [first, f"{soft}ons", f"{soft}ant"]
        endings += [stem + end for end in ("e", "es", "ee", "ees", "ez", "ent", "era", "erons", "erez")]
    return {f"{form}{space}{rest}" for form in endings}


_MAKE = """
    compenser*, neutraliser*,
    recruter*, embaucher*, signer*, publier*, lancer*, livrer*, deployer*, mettre en ligne, mettre en production,
    mettre en place, mettre en service, mettre en oeuvre, obtenir, obtenu, obtenue, gagner*, remporter*, acquerir,
    generer*, vendre, vendu, vendus, vendues, ecrire, rediger*, creer*, construire, ouvrir, ouvert, ouverts,
    ouverte, ouvertes, organiser*, tenir, former*, interviewer*, rencontrer*, corriger*, resoudre, resolus, resolu,
    repondre, fusionner*, migrer*, automatiser*, documenter*, terminer*, finir*, achever*, finaliser*,
    implementer*, installer*, remplacer*, retirer*, supprimer*, eliminer*, introduire, etablir*, soumettre,
    deposer*, enregistrer*, valider*, approuver*, adopter*, certifier*, decrocher*, lever*, collecter*, planter*,
    visiter*, appeler*, contacter*, planifier*, tester*, auditer*, integrer*, ajouter*, produire, traiter*,
    presenter*, lire, apprendre, marcher*, nager*, epargner*, economiser*, donner*, investir*, identifier*,
    convertir*, activer*, inscrire, couvrir, definir*, concevoir, developper*, renouveler*, demenager*, basculer*,
    nommer*, choisir*, selectionner*, refondre, reecrire, traduire, numeriser*, dematerialiser*, cuisiner*, courir,
    faire, realiser*, envoyer*, animer*, piloter*, prototyper*, participer a*, attirer*, fideliser*, renover*,
    inviter*, aider*, accompagner*, servir, boire, dormir, manger*, mediter*, diner*, negocier*, fermer*,
    cloturer*, conclure, enroler*, integration de, effectuer*, accueillir*, engager*, sortir*,
    passer la certification, passer sur, passer le, rembourser*, offrir, heberger*, diffuser*, ramasser*,
    preparer*, assurer*, consolider*, archiver*
"""
_CUES = {
    Tag.UP: """
        en hausse,
        augmenter*, accroitre, hausser*, monter*, ameliorer*, developper*, croitre, faire croitre, progresser*,
        hausse, augmentation, croissance, progression, relever*, booster*, elever*, etendre, accelerer*,
        renforcer*, maximiser*, faire monter, faire grimper, grimper*, amelioration, doper*, dynamiser*, stimuler*,
        elargir*, remonter*, plus haut, faire progresser, bondir*, pousser*, gonfler*
    """,
    Tag.DOWN: """
        en baisse,
        perdre, perdu,
        reduire, reduit, reduite, reduits, reduites, reduisons, reduction, diminuer*, diminution, baisser*, baisse,
        abaisser*, faire baisser, couper*, descendre, faire descendre, minimiser*, raccourcir*, decroitre, chuter*,
        chute, recul, reculer*, alleger*, comprimer*, faire chuter, faire tomber, tomber*, rabaisser*, resserrer*,
        ecourter*, faire reculer, faire diminuer
    """,
    Tag.CHANGE: """
        passer*, ramener*, faire passer, amener*, porter*, aller, faire evoluer, evoluer*, mener*, basculer*,
        passage, transformer*
    """,
    Tag.REACH: """
        franchir la barre des, franchir le cap des, passer la barre des, passer le cap des, la barre des,
        le cap des, atteindre, atteint, atteinte, atteints, atteintes, arriver a*, obtenir, obtenu, obtenue,
        parvenir a, franchir*, avoir, decrocher*, viser*, realiser*, toucher*, afficher*, compter*
    """,
    Tag.HOLD: """
        garder*, maintenir, maintenu, maintien, rester*, conserver*, tenir, preserver*, garantir*, assurer*,
        stabiliser*, demeurer*
    """,
    Tag.MAKE: _MAKE,
    Tag.SERVE: """
        repondre, repondu, traiter*, resoudre, resolus, livrer*, reponse, livraison, corriger*, rembourser*,
        expedier*, rappeler*, valider*, payer*, integrer*
    """,
    Tag.MADE: """
        lance, lancee, lances, lancees, livre, livree, livres, livrees, publie, publiee, en ligne, en production,
        en place, en service, obtenue, obtenu, termine, terminee, termines, acheve, achevee, signe, signee,
        deploye, deployee, certifie, certifiee, operationnel, operationnelle, ouvert, ouverte, disponible,
        lancement, mise en ligne, mise en production, mise en place, mise en service, publication, sortie de,
        livraison de, livraison du, deploiement, migration, migre, migree, valide, validee, finalise, finalisee,
        recrute, recrutee, realise, realisee, refonte, ouverture, obtention, signature, finalisation, redige,
        redigee, cree, creee, installe, installee, remplace, remplacee, etre certifie, etre certifiee,
        devenir certifie, fait, faite, mis en place, mis en ligne, mise en oeuvre, mise en conformite,
        etre conforme, integre, integree
    """,
    Tag.EFFORT: """
        travailler sur*, travailler*, continuer*, essayer*, reflechir*, poursuivre, se concentrer, s efforcer,
        tenter*, contribuer*, participer*, explorer*, etudier*, discuter*, chercher a*, viser a, tacher*
    """,
    Tag.FINISH: """
        courir un, courir le,
        signer*, publier*, lancer*, deployer*, mettre en ligne, mettre en production, mettre en place,
        mettre en service, mettre en oeuvre, obtenir, remporter*, rediger*, ouvrir, organiser*, migrer*,
        automatiser*, documenter*, terminer*, finir*, achever*, finaliser*, implementer*, installer*, remplacer*,
        retirer*, supprimer*, eliminer*, introduire, soumettre, deposer*, enregistrer*, valider*, approuver*,
        adopter*, certifier*, decrocher*, lever les, demenager*, basculer*, nommer*, choisir*, selectionner*,
        refondre, reecrire, traduire, numeriser*, dematerialiser*, fermer*, cloturer*, conclure, sortir*,
        passer la certification, recruter*, embaucher*, ecrire, livrer*, integrer*, tester*, auditer*, piloter*,
        renouveler*, negocier*, tenir le, tenir la, tenir un, tenir une, boucler*, acheter*, rembourser*, arreter*,
        passer le, reussir*, realiser un, realiser une, realiser l, realiser le, realiser la, passer sur,
        faire certifier, faire valider, acquerir, renover*, rendre public, mener a bien, consolider*, archiver*,
        vendre la, vendre le
    """,
    Tag.BUILD: """
        creer*, construire, developper*, etablir*, concevoir, definir*, produire, presenter*, preparer*, batir*,
        elaborer*, mettre au point, planifier*
    """,
    Tag.VAGUE: """
        meilleur, meilleure, meilleurs, meilleures, mieux, excellent, excellente, leader, leaders, plus, davantage,
        innovant, innovante, bien, bon, bonne, beau, moderne, durable, incontournable, numero un, fort, forte,
        excellents, dynamique, agile, efficace, efficacement, rapidement, heureux, exceptionnel, exceptionnelle,
        proche, proches, performant, performante, plus fort
    """,
    Tag.SOFT: """
        culture, confiance, valeur, bonheur, synergie, synergies, notoriete, innovation, excellence, experience,
        experiences, relation, relations, collaboration, communication, visibilite, engagement, qualite,
        efficacite, productivite, transparence, esprit, cohesion, bien etre, satisfaction, croissance, impact,
        succes, image, fierte, fidelite, entraide, ambiance, sens, loyaute, reputation
    """,
    Tag.FROM: "de, depuis, du, d, des, partir de, a partir de",
    Tag.LIMIT: "limiter*, plafonner*, contenir, restreindre, cantonner*",
    Tag.TO: "a, →, jusqu a, vers, au, aux, jusqu au, en",
    Tag.BY: "de plus de, de moins de, de, d, par",
    Tag.OF: "de, d, du, des, en",
    Tag.BASE: """
        actuellement, aujourd hui, actuel, actuelle, baseline, a ce jour, contre, versus, vs, au lieu de,
        plutot que, au depart, depart, valeur de depart, base de depart, point de depart, par rapport a, compare a,
        valeur actuelle, nous sommes a, on est a, etait, initialement, en ce moment, au lieu d, maintenant,
        precedemment, l an dernier, l annee derniere, le trimestre dernier, le mois dernier, a l heure actuelle,
        ce jour, partant de, en partant de, en partant d
    """,
    Tag.AT_LEAST: """
        au moins, >=, minimum, min, un minimum de, minimum de, pas moins de, pas en dessous de,
        superieur ou egal a, superieure ou egale a, superieurs ou egaux a, superieures ou egales a, jamais sous,
        jamais moins de, au minimum, a minima, jamais en dessous de, pas sous, atteindre ou depasser, au moins a
    """,
    Tag.MORE: """
        de plus de, de plus d,
        plus de, plus d, au dessus de, au dessus des, au dessus d, superieur a, superieure a, superieurs a,
        superieures a, depasser*, surpasser*, exceder*, >, au dela de, au dela des, plus que, au dessus du,
        au dessus
    """,
    Tag.AT_MOST: """
        au plus, <=, maximum, max, un maximum de, maximum de, pas plus de, inferieur ou egal a,
        inferieure ou egale a, ne pas depasser, sans depasser, ne depasse pas, ne jamais depasser,
        ne depassant pas, jamais plus de, limiter*, plafonner*, au maximum, limite a, limitee a, pas au dela de,
        pas au dessus de, inferieurs ou egaux a, inferieures ou egales a, ne depassent pas, ne pas exceder,
        n excede pas, a maxima, contenir, dans la limite de, pas plus d
    """,
    Tag.LESS: """
        de moins de, de moins d,
        en moins de, en moins d, dans un delai inferieur a, moins de, moins d, sous, sous les, sous la barre des,
        en dessous de, en dessous des, en dessous du, au dessous de, inferieur a, inferieure a, inferieurs a,
        inferieures a, <, en deca de, moins que, sous le, en dessous, sous la barre de
    """,
    Tag.STRICT: "strictement",
    Tag.OR_MORE: """
        ou plus, ou mieux, ou davantage, et plus, minimum, min, au moins, au minimum, mini, a minima, ou au dessus
    """,
    Tag.OR_LESS: "ou moins, maximum, max, au plus, au maximum, maxi, grand maximum, ou en dessous",
    Tag.UP_BY: """
        de plus, en plus, supplementaires, supplementaire, de hausse, d augmentation, de croissance,
        de progression, plus, additionnels, additionnelles, en hausse, de mieux
    """,
    Tag.DOWN_BY: """
        de moins de, de moins d,
        de moins, en moins, de baisse, de reduction, de diminution, moins, en baisse, d economies, d economie
    """,
    Tag.BETWEEN: "entre, comprise entre, compris entre, dans la fourchette",
    Tag.AND: "et, &",
    Tag.TIMES: "fois, ×, x",
    Tag.TIMES_UP: """
        fois plus, fois plus de, fois plus d, fois superieur, fois davantage, × plus, fois plus grand,
        fois plus vite, fois le, fois la, fois les, fois notre, fois nos, fois mieux
    """,
    Tag.TIMES_DOWN: "fois moins, fois moins de, fois moins d",
    Tag.FACTOR: """
        multiplier par*, multiplie par, multipliee par, multiplies par, multipliees par, par un facteur,
        par un facteur de, facteur, fois
    """,
    Tag.DIVIDE: "diviser par*, divise par, divisee par, divises par, divisees par",
    Tag.OUT_OF: "sur",
    Tag.PERCENT: "%, pour cent, pourcent, pct, pourcents",
    Tag.POINTS: "points, point, pts, pt",
    Tag.PERCENTAGE_POINTS: """
        pp, points de pourcentage, point de pourcentage, points de %, points de taux, pts de pourcentage,
        points de pourcent
    """,
    Tag.SCORE_POINTS: "points de score, point de score, points de nps, points de note, pts de nps, points d enps",
    Tag.DEFINITE: """
        le, la, les, l, nos, notre, ces, ce, cette, cet, mes, mon, ma, leurs, tous les, toutes les, chacun des,
        ses, son, sa, leur, des
    """,
    Tag.FILLER: """
        environ, pres de, pres, autour de, moyenne, total, quelque, soit, un, une, le, la, les, l, au, =, est, ~,
        a hauteur de, la barre, le seuil, le cap, niveau, en moyenne, la barre du, le cap du, egal a, egale a,
        seulement, quelques, est de, est d, sont
    """,
    Tag.ARTICLE: "un, une",
    Tag.WHO: "qui, que, dont, ayant, avec, ou",
    Tag.WITHIN: """
        en, en moins de, sous, en moins d, dans les, moins de, dans, en maximum, en au plus, dans un delai de,
        apres, en max
    """,
    Tag.DEADLINE: """
        pendant, durant, d ici, d ici a, d ici la, dans les prochains, dans, avant, sur, pour, au cours des,
        au bout de, dans les, les prochains, ces, d ici les, sur les, derniers, prochains, au cours de, premiers,
        en, tous les, toutes les
    """,
    Tag.MONTH_NAME: """
        janvier, fevrier, mars, avril, mai, juin, juillet, aout, septembre, octobre, novembre, decembre, janv,
        fevr, sept, oct, nov, dec
    """,
    Tag.NAMED: """
        iso, iec, soc, niveau, version, phase, etape, palier, windows, python, java, web, categorie, classe, salle,
        article, section, pci, lot, chapitre, priorite, type, vague, serie, numero, n °, #, q, t, s, annee,
        semaine, sprint, cohorte, trimestre, semestre, exercice, jour, generation, regle, modele, iteration, jalon,
        epic, ticket, projet, batiment, etage, covid, loi, nis, rfc, scope, norme, horizon
    """,
    Tag.TOP: "top, le top",
    Tag.STOCK: "recurrent, recurrents, recurrente, recurrentes, actif, actifs, active, actives",
    Tag.SCORE: """
        nps, enps, csat, score, scores, note, notes, notation, noter*, satisfaction, etoiles, etoile, indice,
        moyenne, net promoter, avis, ces, disponibilite, baromètre, barometre
    """,
    Tag.RATE: """
        taux, ratio, part, pourcentage, proportion, churn, conversion, participation, marge, couverture, adoption,
        retention, occupation, absenteisme, attrition, disponibilite, rebond, rendement, uptime, penetration,
        transformation, ouverture
    """,
    Tag.BAD: """
        churn, attrition, bugs, bug, incidents, incident, pannes, panne, erreurs, erreur, defauts, defaut,
        plaintes, plainte, reclamations, reclamation, cout, couts, latence, delai, delais, retard, retards,
        indisponibilite, absenteisme, dechets, dechet, emissions, accidents, accident, blessures, plantages,
        plantage, vulnerabilites, vulnerabilite, failles, faille, temps de, duree, dette, depenses, depense,
        remboursements, retours, rebond, echecs, echec, impayes, anomalies, anomalie, rotation, stress, gaspillage,
        ruptures, rupture, arrets, abandon, abandons, regressions, litiges, cac, temps d, fuites, empreinte,
        carbone, consommation, desabonnements, annulations, conges maladie, backlog, coupures, penalites, surcout,
        heures supplementaires, arriere, arrieres, fraude, fraudes, non conformites, tickets ouverts, demissions,
        temps d ecran, bugs ouverts, incidents ouverts, anomalies ouvertes, reclamations ouvertes
    """,
    Tag.NONE: "aucun, aucune, pas de, pas d, zero, sans, plus aucun, plus aucune, 0",
    Tag.BETTER: "ameliorer*, amelioration, optimiser*",
    Tag.GAIN: "gagner*, prendre, ajouter*",
    Tag.LOSE: "perdre, perdu, economiser*",
    Tag.MULTIPLIES: "multiplier*",
    Tag.DIVIDES: "diviser*",
    Tag.DONE: "fait ou pas fait, fait / pas fait",
    Tag.PLACE: """
        sur, au, aux, a, en, par, pour, dans, chez, de, du, des, et, avec, d, avant, apres, depuis, pendant, cette,
        ce, a la, est, sont, ou, que, pres, parmi, selon
    """,
}
_VALUED: dict[Tag, dict[str, str | int]] = {
    Tag.MULTIPLE: {
        "doubler*, double, doublement": 2,
        "tripler*, triple, triplement": 3,
        "quadrupler*, quadruple": 4,
        "quintupler*": 5,
        "decupler*": 10,
        """
            reduire de moitie, diminuer de moitie, baisser de moitie, de moitie, par deux fois moins, moitie moins
        """: "0.5",
    },
    Tag.FRACTION: {
        "la moitie, une moitie": "0.5",
        "un tiers, le tiers, d un tiers": "0.333333333333",
        "deux tiers, les deux tiers, de deux tiers": "0.666666666667",
        "un quart, le quart, d un quart": "0.25",
        "trois quarts, les trois quarts": "0.75",
        "un cinquieme": "0.2",
        "quatre cinquiemes": "0.8",
        "un dixieme, d un dixieme": "0.1",
    },
    Tag.COUNT: {},
    Tag.SCALE: {
        "k, mille, millier, milliers": 10**3,
        "m, million, millions, mio": 10**6,
        "md, mds, mrd, milliard, milliards, b": 10**9,
        "centaine, centaines": 100,
        "dizaine, dizaines": 10,
        "douzaine, douzaines": 12,
        "vingtaine": 20,
        "trentaine": 30,
        "cinquantaine": 50,
        "quinzaine": 15,
    },
    Tag.TIME: {
        "ms, milliseconde, millisecondes": "0.001",
        "s, sec, seconde, secondes": 1,
        "min, mn, minute, minutes": 60,
        "h, heure, heures": 3600,
        "j, jour, jours, jours ouvres, journees": 86400,
        "semaine, semaines": 604800,
        "mois": 2592000,
        "trimestre, trimestres": 7776000,
        "semestre, semestres": 15552000,
        "an, ans, annee, annees": 31536000,
    },
}
_NAMED = {
    Tag.MONEY: {
        "EUR": "euro, euros, eur, €, d euros, d euro",
        "USD": "dollar, dollars, usd, $, de dollars, us $",
        "GBP": "gbp, £, livres sterling, de livres sterling",
        "CHF": "chf, francs suisses, de francs suisses",
        "JPY": "yens, ¥",
        "INR": "roupies, ₹",
        "KRW": "₩",
        "CAD": "dollars canadiens, cad",
    },
    Tag.PER: {
        "day": """
            par jour, chaque jour, tous les jours, / jour, / j, quotidiennement, par nuit, chaque nuit,
            chaque soir, chaque matin, tous les soirs, tous les matins, par soir
        """,
        "week": """
            par semaine, chaque semaine, toutes les semaines, / semaine, / sem, hebdomadairement, par sem,
            chaque lundi, chaque vendredi, chaque mardi, chaque jeudi, chaque dimanche, tous les lundis,
            tous les vendredis, tous les dimanches
        """,
        "month": "par mois, chaque mois, tous les mois, / mois, mensuellement",
        "quarter": "par trimestre, chaque trimestre, tous les trimestres, / trimestre, / trim, trimestriellement",
        "year": "par an, chaque annee, par annee, tous les ans, / an, annuellement, l an, / annee",
    },
    Tag.PER_SHORT: {},
    Tag.PER_ADJECTIVE: {
        "day": """
            quotidien, quotidiens, quotidienne, quotidiennes, journalier, journaliers, journaliere, journalieres
        """,
        "week": "hebdomadaire, hebdomadaires, hebdo, hebdos",
        "month": "mensuel, mensuels, mensuelle, mensuelles",
        "quarter": "trimestriel, trimestriels, trimestrielle, trimestrielles",
        "year": "annuel, annuels, annuelle, annuelles",
    },
}
_UNITS = "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_NUMBERS = {word: number for number, word in enumerate(_UNITS.split())}
_NUMBERS |= {"une": 1, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60}
_NUMBERS |= {"septante": 70, "huitante": 80, "octante": 80, "nonante": 90, "cent": 100, "cents": 100}

FRENCH: Lexicon = lexicon(
    cues=_CUES,
    valued=_VALUED,
    named=_NAMED,
    numbers=_NUMBERS,
    short="""
        le la les l de du des d un une et en au aux pour par sur nos notre avec est sont dans chaque mois
        semaine an jour trimestre passer augmenter reduire atteindre lancer publier ameliorer taux moins
        plus ou entre aucun aucune pas sous recruter baisse hausse nombre clients obtenir maintenir fois
        doubler tripler avant ici nouveau nouveaux nouvelle que qui il nous je mes etre avoir ne aujourd hui
        contre fait gagner signer livrer garder diviser multiplier utilisateurs chiffre affaires soirs diner
        maison mise ligne millions mille trente vingt satisfaction delai abonnes
    """,
    forms=verb_forms,
)
