"""Names, titles and places for the contacts of the demo: every person is invented, every address ends in .example."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random

from app.contacts.models import ContactRole


@dataclass(frozen=True)
class Country:
    """Where people live: language and time zone, and which list of names is theirs."""

    name: str
    language: str
    zone: str
    names: str


COUNTRIES = {
    "GB": Country("United Kingdom", "en-GB", "Europe/London", "english"),
    "IE": Country("Ireland", "en-GB", "Europe/Dublin", "irish"),
    "US": Country("United States", "en-US", "America/Chicago", "american"),
    "CA": Country("Canada", "fr-CA", "America/Toronto", "french"),
    "AU": Country("Australia", "en-AU", "Australia/Melbourne", "english"),
    "DE": Country("Germany", "de", "Europe/Berlin", "german"),
    "AT": Country("Austria", "de-AT", "Europe/Vienna", "german"),
    "CH": Country("Switzerland", "fr-CH", "Europe/Zurich", "french"),
    "FR": Country("France", "fr", "Europe/Paris", "french"),
    "NL": Country("Netherlands", "nl", "Europe/Amsterdam", "dutch"),
    "BE": Country("Belgium", "nl-BE", "Europe/Brussels", "dutch"),
    "ES": Country("Spain", "es", "Europe/Madrid", "spanish"),
    "MX": Country("Mexico", "es-MX", "America/Mexico_City", "spanish"),
    "PT": Country("Portugal", "pt", "Europe/Lisbon", "portuguese"),
    "BR": Country("Brazil", "pt-BR", "America/Sao_Paulo", "portuguese"),
    "IT": Country("Italy", "it", "Europe/Rome", "italian"),
    "SE": Country("Sweden", "sv", "Europe/Stockholm", "nordic"),
    "NO": Country("Norway", "nb", "Europe/Oslo", "nordic"),
    "DK": Country("Denmark", "da", "Europe/Copenhagen", "nordic"),
    "PL": Country("Poland", "pl", "Europe/Warsaw", "polish"),
    "IN": Country("India", "en-IN", "Asia/Kolkata", "indian"),
    "JP": Country("Japan", "ja", "Asia/Tokyo", "japanese"),
}
# Colleagues abroad: each account has a few people in one of these places.
ABROAD = ("GB", "US", "DE", "FR", "NL", "ES", "IT", "BE", "PL", "IN", "AT", "IE")

FIRST = {
    "english": "Oliver Amelia Harriet George Imogen Callum Beatrice Rupert Naomi Gareth Philippa Elliot Leila Marcus",
    "irish": "Aoife Cian Niamh Eoin Saoirse Declan Orla Conor Gráinne Fergal Siobhán Rory",
    "american": "Marisol Tyler Denise Brandon Keisha Walter Courtney Luis Megan Andre Stephanie Grant Yolanda Wesley",
    "german": "Annika Holger Birgit Lukas Sabine Jürgen Miriam Torsten Katrin Felix Ulrike Bernd Silke Emre",
    "french": "Camille Étienne Sandrine Baptiste Maëlle Thierry Aurélie Guillaume Solène Yannick Nadia Rémi Clotilde Bruno",
    "dutch": "Femke Joost Marijke Bram Anouk Sander Liesbeth Thijs Hanneke Ruben Wietske Karel",
    "spanish": "Lucía Álvaro Marta Íñigo Pilar Sergio Rocío Gonzalo Ximena Tomás Elvira Rubén Nieves Mateo",
    "portuguese": "Inês Tiago Beatriz Rui Mariana Gonçalo Luísa Nuno Catarina Otávio Priscila Duarte",
    "italian": "Chiara Lorenzo Federica Matteo Giulia Davide Ornella Riccardo Silvia Tommaso Elisa Nicolò",
    "nordic": "Ingrid Mattias Astrid Henrik Sigrid Johan Freja Anders Linnea Rasmus Tuva Mikkel",
    "polish": "Agnieszka Marek Zofia Łukasz Dorota Paweł Ewa Wojciech Kinga Radosław",
    "indian": "Ananya Rohan Kavita Arjun Meera Vikram Shreya Nikhil Lakshmi Sanjay",
    "japanese": "Haruka Kenji Yumi Takeshi Naoko Daichi Emiko Shun",
}
LAST = {
    "english": "Ashworth Penhaligon Whitlock Carmody Thackeray Bexley Okonkwo Farnham Hale Lockett Sharma Trewin Marsden Pryce",
    "irish": "O'Rourke Gallagher Devlin Mulcahy Brannigan Keogh McInerney Tierney Costello Hanratty",
    "american": "Delgado Whitaker Nguyen Hollis Reyes Lindstrom Barnhart Coleman Ortega Yazzie Prescott Kowalczyk Tran Mercer",
    "german": "Hagemann Brückner Yıldız Oberländer Wehrle Sternberg Kollwitz Dreher Lohmann Pfeiffer Grosse Achterberg Römer Seidel",
    "french": "Lefranc Marchetti Bonnaire Duval Perrault Chastain Vidal Rousselle Amrani Delorme Tessier Gauvin Bélanger Fontaine",
    "dutch": "van Dijk de Graaf Hoekstra Verbeek ten Brinke Postma Vermeulen van Loon Dijkstra Smeets Bakker Wouters",
    "spanish": "Navarro Echeverría Salgado Montero Quintana Vidal Ibáñez Robles Cárdenas Peñalver Aranda Zamora Lozano Bustos",
    "portuguese": "Figueiredo Nogueira Teixeira Vasconcelos Brandão Queirós Serrano Lacerda Pacheco Moura Falcão Rebelo",
    "italian": "Bertolini Cavallaro De Santis Ferraro Galimberti Lombardo Moretti Pellegrino Rinaldi Sartori Valli Zanetti",
    "nordic": "Sjöberg Halvorsen Nyström Kjeldsen Bergqvist Aasen Lundgren Ravn Ekman Thorsen Skov Öberg",
    "polish": "Wiśniewska Kaczmarek Zając Brzezińska Nowicki Sikora Głowacka Mazurek Wrona Jabłoński",
    "indian": "Iyer Deshpande Banerjee Kapoor Menon Chatterjee Rao Bhatt Nair Kulkarni",
    "japanese": "Fujimoto Hayashi Okada Mori Kinoshita Takahara Ueda Nishimura",
}
PARTICLES = {"van", "de", "ten", "De"}

TITLES = {
    "en": {
        ContactRole.DECISION_MAKER: ("Managing Director", "VP Supply Chain", "Chief Operating Officer", "Finance Director"),
        ContactRole.CHAMPION: ("Head of Planning", "Supply Chain Manager", "Inventory Manager"),
        ContactRole.ADMIN: ("Systems Administrator", "ERP Manager", "IT Manager"),
        ContactRole.POWER_USER: ("Demand Planner", "Purchasing Lead", "Inventory Controller", "Replenishment Planner"),
        ContactRole.USER: ("Buyer", "Warehouse Supervisor", "Branch Manager", "Order Desk"),
        ContactRole.OTHER: ("Quality Manager", "Project Consultant", "Executive Assistant"),
    },
    "de": {
        ContactRole.DECISION_MAKER: ("Geschäftsführung", "Leitung Supply Chain", "Kaufmännische Leitung"),
        ContactRole.CHAMPION: ("Leitung Disposition", "Leitung Einkauf", "Teamleitung Planung"),
        ContactRole.ADMIN: ("IT-Leitung", "ERP-Betreuung"),
        ContactRole.POWER_USER: ("Disposition", "Strategischer Einkauf", "Bestandsplanung"),
        ContactRole.USER: ("Einkauf", "Lagerleitung", "Auftragsabwicklung"),
        ContactRole.OTHER: ("Qualitätssicherung", "Projektleitung"),
    },
    "fr": {
        ContactRole.DECISION_MAKER: ("Direction générale", "Direction de la supply chain", "Direction financière"),
        ContactRole.CHAMPION: ("Responsable approvisionnements", "Responsable planification"),
        ContactRole.ADMIN: ("Responsable informatique", "Administration ERP"),
        ContactRole.POWER_USER: ("Approvisionnement", "Gestion des stocks", "Prévisions"),
        ContactRole.USER: ("Achats", "Responsable d'entrepôt", "Administration des ventes"),
        ContactRole.OTHER: ("Qualité", "Chef de projet"),
    },
    "es": {
        ContactRole.DECISION_MAKER: ("Dirección general", "Dirección de operaciones"),
        ContactRole.CHAMPION: ("Jefatura de planificación", "Jefatura de compras"),
        ContactRole.ADMIN: ("Sistemas", "Administración del ERP"),
        ContactRole.POWER_USER: ("Planificación de la demanda", "Control de inventario"),
        ContactRole.USER: ("Compras", "Almacén", "Gestión de pedidos"),
        ContactRole.OTHER: ("Calidad", "Proyectos"),
    },
    "nl": {
        ContactRole.DECISION_MAKER: ("Directie", "Operationeel directeur"),
        ContactRole.CHAMPION: ("Hoofd inkoop", "Supplychainmanager"),
        ContactRole.ADMIN: ("Applicatiebeheer", "IT-manager"),
        ContactRole.POWER_USER: ("Voorraadplanning", "Assortimentsplanning"),
        ContactRole.USER: ("Inkoop", "Magazijn", "Orderverwerking"),
        ContactRole.OTHER: ("Kwaliteit", "Projectleiding"),
    },
    "pt": {
        ContactRole.DECISION_MAKER: ("Direção geral", "Direção de operações"),
        ContactRole.CHAMPION: ("Coordenação de compras", "Gestão da cadeia logística"),
        ContactRole.ADMIN: ("Sistemas", "Administração do ERP"),
        ContactRole.POWER_USER: ("Previsão de vendas", "Logística"),
        ContactRole.USER: ("Compras", "Armazém", "Encomendas"),
        ContactRole.OTHER: ("Qualidade", "Projetos"),
    },
    "it": {
        ContactRole.DECISION_MAKER: ("Direzione generale", "Direzione operativa"),
        ContactRole.CHAMPION: ("Responsabile pianificazione", "Responsabile acquisti"),
        ContactRole.ADMIN: ("Sistemi informativi", "Amministrazione ERP"),
        ContactRole.POWER_USER: ("Pianificazione scorte", "Approvvigionamenti"),
        ContactRole.USER: ("Acquisti", "Magazzino", "Ufficio ordini"),
        ContactRole.OTHER: ("Qualità", "Progetti"),
    },
}  # fmt: skip

# Letters that no decomposition turns into ASCII.
PLAIN = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ı": "i", "ß": "ss", "å": "a", "ü": "ue", "ö": "oe", "ä": "ae"}
)


def base(language: str) -> str:
    """The language without its variety: `de` of `de-AT`."""
    return language.partition("-")[0]


def surnames(words: str) -> list[str]:
    """The last names of a list in which particles stand before their name."""
    found, particle = [], ""
    for word in words.split():
        if word in PARTICLES:
            particle += word + " "
        else:
            found.append(particle + word)
            particle = ""
    return found


class Registry:
    """Gives out names: no person of the demo shares one with another."""

    def __init__(self, rng: Random):
        self.free = {}
        for kind in FIRST:
            pairs = [(first, last) for first in FIRST[kind].split() for last in surnames(LAST[kind])]
            rng.shuffle(pairs)
            self.free[kind] = pairs

    def name(self, country: Country) -> tuple[str, str]:
        return self.free[country.names].pop()


def title(role: ContactRole, language: str, rng: Random) -> str:
    """What somebody of that role is called at work, in their language where we know it."""
    titles = TITLES.get(base(language), TITLES["en"])
    return rng.choice(titles[role])


def address(first: str, last: str, domain: str) -> str:
    """first.last@domain.example in plain letters."""
    return f"{plain(first)}.{plain(last)}@{domain}.example"


def plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.lower().translate(PLAIN))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())
