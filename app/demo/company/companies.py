"""The forty customers of the demo company: invented names, each with the story that its numbers tell.

A renewal is given in days from today, the beginning in days before today, so that the company never grows old.
`story` names an entry of `stories.py`. `slot` is the place of the first contact in the half-yearly round of asks,
where the story needs it to be a certain one.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.contacts.models import Stage


@dataclass(frozen=True)
class Company:
    """A customer. `owner` counts the customer success managers from 0; None: nobody looks after it."""

    name: str
    domain: str
    country: str
    industry: str
    tier: int
    arr: int
    renews_in: int
    began_ago: int
    owner: int | None
    story: str
    goal: str
    next_goal: str = ""
    slot: int | None = None
    lost_ago: int | None = None

    @property
    def stage(self) -> Stage:
        if self.lost_ago is not None:
            return Stage.LOST
        return Stage.ONBOARDING if self.began_ago < 90 else Stage.STEADY


COMPANIES = (
    Company("Brightwater Logistics", "brightwater", "GB", "Logistics", 1, 248_000, 74, 1204, 0,
            "silent_buyer", "Cut stock in transit by 15 %", slot=1),
    Company("Kessler Antriebstechnik", "kessler-antrieb", "DE", "Manufacturing", 1, 186_000, 118, 1391, 1,
            "unhappy_buyer", "Halve the time spent on purchase orders", slot=0),
    Company("Groupe Vauclair", "vauclair", "FR", "Food and drink", 1, 212_000, 203, 984, 2,
            "recovery", "Waste below 2 % of fresh goods", slot=2),
    Company("Norrland Components", "norrland-components", "SE", "Manufacturing", 1, 164_000, 266, 1502, 3,
            "delighted", "Service level of 98 % with the stock of today", "One plan for all four plants"),
    Company("Alpenhof Textilwerke", "alpenhof-textil", "AT", "Textiles", 1, 138_000, 151, 877, 0,
            "champion_left", "One forecast for shops and online", slot=2),
    Company("Castellana Alimentos", "castellana", "ES", "Food and drink", 1, 154_000, 311, 733, 1,
            "warming", "Order suggestions trusted by every branch", "Open the supplier portal to 40 suppliers"),
    Company("Pinecrest Medical Supply", "pinecrest-medical", "US", "Healthcare", 1, 312_000, 96, 1110, 2,
            "meltdown", "No stock-out of critical items", slot=0),
    Company("Van der Meulen Groothandel", "vandermeulen", "NL", "Wholesale", 1, 129_000, 238, 1265, 3,
            "content", "Free 400,000 euros of working capital", "Replace the last planning spreadsheets"),
    Company("Dahl Verktyg", "dahl-verktyg", "SE", "Wholesale", 2, 58_000, 182, 640, 3,
            "content", "Returns planned with the same numbers as sales"),
    Company("Oakfield Garden Centres", "oakfield-garden", "GB", "Retail", 2, 91_000, 44, 1038, 0,
            "price_pressure", "Right plants in the right centre each spring", slot=1),
    Company("Rheinbogen Elektro", "rheinbogen", "DE", "Wholesale", 2, 76_000, 290, 902, 1,
            "dip", "Delivery promise kept in 95 of 100 orders"),
    Company("Möbelwerk Steinach", "moebelwerk-steinach", "DE", "Manufacturing", 2, 84_000, 133, 1187, 1,
            "single_thread", "Lead times of suppliers in one place", slot=3),
    Company("Laurentide Outdoor", "laurentide-outdoor", "CA", "Retail", 2, 67_000, 226, 588, 2,
            "warming", "Season orders placed two weeks earlier"),
    Company("Cerâmica Vale do Lis", "valedolis", "PT", "Manufacturing", 2, 49_000, 341, 455, 2,
            "content", "Kiln plan and sales plan in step"),
    Company("Distribuidora Horizonte", "horizonte-dist", "BR", "Wholesale", 2, 72_000, 167, 811, 2,
            "dip", "Stock of slow movers down by a third"),
    Company("Fratelli Marchesi", "marchesi", "IT", "Food and drink", 2, 63_000, 88, 1320, 3,
            "came_back", "Shelf life respected in every shipment", slot=1),
    Company("Harbour & Finch Foods", "harbourfinch", "IE", "Food and drink", 2, 88_000, 254, 970, 0,
            "delighted", "Promotions without empty shelves", "Forecast shared with the three largest buyers"),
    Company("Blue Mesa Cycles", "bluemesa", "US", "Retail", 2, 54_000, 197, 521, 3,
            "lukewarm", "Spare parts found in one search"),
    Company("Tandem Workwear", "tandem-workwear", "US", "Textiles", 2, 97_000, 61, 1246, 0,
            "cooling", "Fewer sizes written off at season end", slot=1),
    Company("Hofstede Bouwmaterialen", "hofstede-bouw", "NL", "Construction", 2, 69_000, 278, 693, 3,
            "happy_users", "Building sites supplied by the day", slot=4),
    Company("Ateliers du Lac", "ateliersdulac", "CH", "Manufacturing", 2, 105_000, 322, 1420, 2,
            "content", "Traceable lots from supplier to customer"),
    Company("Comercial Andraca", "andraca", "MX", "Wholesale", 2, 46_000, 109, 367, 1,
            "goals_stuck", "Replace the nightly order spreadsheet", slot=2),
    Company("Wattle & Stone", "wattlestone", "AU", "Retail", 2, 61_000, 215, 764, 3,
            "late_answers", "One stock figure for shops and web"),
    Company("Lipowa Meble", "lipowa-meble", "PL", "Manufacturing", 2, 52_000, 145, 616, None,
            "lukewarm", "Board and fittings ordered from the same plan"),
    Company("Fjellgard Sport", "fjellgard", "NO", "Retail", 3, 18_000, 302, 498, 3,
            "content", "Pre-season orders planned in a week"),
    Company("Teehaus Ellerbrock", "teehaus-ellerbrock", "DE", "Retail", 3, 12_500, 52, 1089, 1,
            "all_silent", "Fresh teas never older than six months", slot=1),
    Company("Copperline Brewing Supply", "copperline", "US", "Wholesale", 3, 16_800, -118, 903, 0,
            "lost_silent", "Hops and malt contracts in one view", slot=2, lost_ago=118),
    Company("Maple Row Toys", "maplerow", "US", "Retail", 3, 21_000, 189, 430, 2,
            "delighted", "Ready for the holiday peak by September"),
    Company("Bottega Lunari", "bottegalunari", "IT", "Food and drink", 3, 9_600, 260, 702, 3,
            "warming", "Ageing stock seen at a glance"),
    Company("Papelería Sotomayor", "sotomayor", "ES", "Retail", 3, 11_400, 128, 845, 1,
            "lukewarm", "Back-to-school without express deliveries"),
    Company("Kettle & Crane", "kettlecrane", "GB", "Food and drink", 3, 14_200, 333, 377, 0,
            "dip", "Batch sizes that fit the orders"),
    Company("Saffron Lane Spices", "saffronlane", "IN", "Food and drink", 3, 19_500, 173, 555, 2,
            "content", "Import lead times planned, not guessed"),
    Company("Schreinerei Abendroth", "abendroth", "DE", "Manufacturing", 3, 8_400, 247, 612, 1,
            "wrong_size", "Less time in the office, more in the workshop"),
    Company("Librairie Montclar", "montclar", "FR", "Retail", 3, 10_800, 83, 933, 2,
            "quiet", "Returns to publishers on time"),
    Company("Zwaluw Fietsen", "zwaluw-fietsen", "NL", "Retail", 3, 15_600, 209, 349, 3,
            "content", "Bikes and parts in one planning"),
    Company("Aurora Lighting Partners", "aurora-lighting", "US", "Construction", 3, 24_000, -96, 1012, 0,
            "lost_needs", "Project stock apart from shop stock", slot=1, lost_ago=96),
    Company("Quinta das Oliveiras", "quintaoliveiras", "PT", "Food and drink", 3, 7_900, 324, 402, 2,
            "delighted", "Bottles, labels and oil arrive together"),
    Company("Redgum Tools", "redgum", "AU", "Wholesale", 3, 22_400, 317, 48, 3,
            "new_promising", "All items live within eight weeks"),
    Company("Hanami Stationery", "hanami", "JP", "Retail", 3, 17_300, 338, 27, 1,
            "never_asked", "First replenishment run without a spreadsheet"),
    Company("Solvang Pet Supplies", "solvang-pet", "DK", "Wholesale", 2, 43_000, 344, 21, 0,
            "never_asked", "Two warehouses planned as one"),
)  # fmt: skip

STAFF = (
    ("Maya Lindholm", "csm"),
    ("Jonas Reuter", "csm"),
    ("Inês Carvalho", "csm"),
    ("Daniel Okafor", "csm"),
    ("Ruth Ferrante", "manager"),
    ("Tomasz Zieliński", "admin"),
    ("Priya Raman", "viewer"),
)
MANAGER = next(place for place, (_, role) in enumerate(STAFF) if role == "manager")
OUR_NAME = "Stockweave"
OUR_DOMAIN = "stockweave.example"
REGIONS = {
    "GB": "UK and Ireland", "IE": "UK and Ireland", "DE": "Central Europe", "AT": "Central Europe",
    "CH": "Central Europe", "PL": "Central Europe", "FR": "Western Europe", "NL": "Western Europe",
    "ES": "Southern Europe", "PT": "Southern Europe", "IT": "Southern Europe", "SE": "Nordics",
    "NO": "Nordics", "DK": "Nordics", "US": "Americas", "CA": "Americas", "MX": "Americas", "BR": "Americas",
    "AU": "Asia and Pacific", "IN": "Asia and Pacific", "JP": "Asia and Pacific",
}  # fmt: skip
SIZES = {1: "Enterprise", 2: "Mid-market", 3: "Small business"}
