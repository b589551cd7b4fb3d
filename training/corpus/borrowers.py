"""Who asks for a loan: invented companies, owners, banks and lenders, with the address and numbers that every document repeats."""

import random
from dataclasses import dataclass
from datetime import date

FIRST = ("Alma", "Bertram", "Celeste", "Dmitri", "Eun-ji", "Farida", "Gideon", "Hanneke", "Imelda", "Joaquín", "Kofi", "Leonie", "Mariam", "Nikhil", "Odette", "Priya", "Quentin", "Rosalind", "Stefan", "Tomás", "Ursula", "Vikram", "Winifred", "Xiomara", "Yusuf", "Zofia", "Andre", "Beatrice", "Caleb", "Dolores", "Ethan", "Grace", "Hector", "Ingrid", "Jerome", "Katherine", "Luther", "Monique", "Nathaniel", "Patricia")
LAST = ("Aldersey", "Bautista", "Chaudhry", "Delacroix", "Eriksen", "Fairweather", "Grzybowski", "Haddad", "Ibarra", "Jennison", "Kowalczyk", "Lindqvist", "Mbeki", "Nakagawa", "O'Dowd", "Petrosyan", "Quiñones", "Rautio", "Szabó", "Thistlewood", "Umarov", "Vandermeer", "Whitlock", "Xu", "Yilmaz", "Zamora", "Ashby-Cole", "Brandt", "Castellano", "Dunmore", "Everly", "Fontaine", "Garrity", "Holloway", "Ivers", "Kessler")
_WORDS = ("Copper Kettle", "Ninebark", "Halyard", "Stonecrop", "Tern Island", "Wheelhouse", "Bright Acre", "Old Ferry", "Saltgrass", "Lantern Hill", "Three Rivers", "Marrow Lane", "Ashgrove", "Blue Heron", "Cobblestone", "Driftwood", "Elkhorn", "Fernbank", "Gable & Pine", "Hollow Oak", "Ironbridge", "Jackdaw", "Kingfisher", "Longmeadow", "Mossback", "Northgate", "Ostler", "Partridge", "Quillon", "Rookwood", "Silverton", "Tallgrass", "Underhill", "Vantage Point", "Willowmere", "Yellow Barn")
#: What the borrower does: the words for its name, what it says it does, what its customers buy and what its costs of sales are.
TRADES = (
    ("Bakery", "retail and wholesale bakery", ("Counter sales", "Wholesale bread", "Catering orders"), ("Flour and ingredients", "Packaging", "Bakery wages"), 0.42, 12),
    ("Electric", "electrical contractor", ("Residential jobs", "Commercial contracts", "Service calls"), ("Materials", "Direct labor", "Subcontractors"), 0.6, 38),
    ("Dental Group", "dental practice", ("Patient fees", "Insurance payments"), ("Dental supplies", "Laboratory fees"), 0.24, 30),
    ("Landscaping", "landscape design and maintenance", ("Maintenance contracts", "Installation", "Snow removal"), ("Plants and materials", "Field labor", "Disposal fees"), 0.52, 32),
    ("Machine Works", "precision machining", ("Production parts", "Prototype work", "Tooling"), ("Steel and stock", "Shop labor", "Outside processing"), 0.58, 45),
    ("Auto Service", "automobile repair", ("Repair labor", "Parts sales", "Tires"), ("Parts", "Technician wages"), 0.5, 9),
    ("Veterinary Clinic", "veterinary services", ("Consultations", "Surgery", "Pharmacy"), ("Drugs and supplies", "Laboratory"), 0.3, 11),
    ("Print Shop", "commercial printing", ("Offset printing", "Digital printing", "Mailing services"), ("Paper and ink", "Press labor", "Outside bindery"), 0.54, 36),
    ("Freight Lines", "regional trucking", ("Linehaul revenue", "Fuel surcharges", "Accessorials"), ("Fuel", "Driver wages", "Tolls and permits"), 0.62, 40),
    ("Interiors", "cabinet making and interior fit-out", ("Custom cabinets", "Fit-out contracts"), ("Lumber and hardware", "Shop labor", "Subcontract installers"), 0.57, 41),
    ("Pharmacy", "independent pharmacy", ("Prescription sales", "Over the counter"), ("Drugs purchased", "Other merchandise"), 0.72, 16),
    ("Brewing", "craft brewery and taproom", ("Taproom sales", "Distributor sales", "Merchandise"), ("Grain and hops", "Cans and kegs", "Brewery wages"), 0.46, 20),
    ("Childcare", "daycare centre", ("Tuition", "Subsidy payments"), ("Food and supplies", "Classroom wages"), 0.5, 8),
    ("Outfitters", "sporting goods retailer", ("Store sales", "Online sales", "Rentals"), ("Merchandise purchases", "Inbound freight"), 0.6, 6),
    ("Software Studio", "custom software development", ("Project fees", "Support retainers"), ("Contract developers", "Hosting"), 0.35, 48),
    ("Plumbing & Heating", "plumbing and heating contractor", ("Service work", "New construction", "Maintenance plans"), ("Pipe and fixtures", "Field labor", "Permits"), 0.56, 35),
)  # fmt: skip
STREETS = ("Tannery Row", "Mill Pond Road", "Second Avenue", "Juniper Court", "Old Post Road", "Harbor Street", "Quarry Lane", "Alder Way", "Commerce Drive", "Railroad Avenue", "Chapel Hill Road", "Market Street", "Foundry Street", "Orchard Terrace", "Wharf Road")
TOWNS = ("Eddington", "Port Calder", "Marble Falls", "New Haverford", "Lakemont", "Stillwater Bend", "Cedar Gap", "Fort Ansel", "Whitcombe", "Grand Prairie", "Barrow", "Elmsford Mills", "Pine Hollow", "Rockham", "Santa Brisa")
STATES = ("OR", "OH", "TX", "PA", "NC", "WI", "GA", "AZ", "NY", "CO", "MN", "VA")
_UK_TOWNS = ("Thornaby", "Oakhampton", "Wexcombe", "Little Barrow", "Ashminster", "Kirkholme", "Pendleford")
BANKS = ("Prairie Trust Bank", "First Meridian Bank", "Keystone Valley Savings Bank", "Bank of the Piedmont", "Northern Lakes Credit Union", "Summit Pass National Bank", "Old Dominion Commerce Bank", "Riverton State Bank", "Sierra Vista Bank, N.A.", "Community First of Calder")
_UK_BANKS = ("Wessex & Borders Bank plc", "Pennine Counties Bank", "Albion Commercial Bank")
LENDERS = ("Tri-County Equipment Finance", "Cascade Truck Credit", "Mid-State Leasing Corp", "Beacon Commercial Capital", "Granite Auto Finance", "Lakeshore Business Credit", "United Agri-Lenders", "Fulton Street Funding", "Highline Capital Partners", "Vista Equipment Leasing", "Copperfield Funding LLC", "Anchor Point Finance")
_TITLES = {"LLC": ("Managing Member", "Member", "Manager"), "Partnership": ("General Partner", "Partner"), "Sole proprietorship": ("Owner", "Proprietor"), "Ltd": ("Director", "Managing Director")}
_FORMS = {"Corporation": (", Inc.", " Inc.", " Corp.", " Corporation"), "S Corporation": (", Inc.", " Inc.", " Co., Inc."), "LLC": (" LLC", ", LLC", " L.L.C."), "Partnership": (" Partners", " & Associates", " Partnership"), "Sole proprietorship": ("",), "Ltd": (" Ltd", " Limited")}
ENTITIES = ("Corporation", "S Corporation", "S Corporation", "LLC", "LLC", "Partnership", "Sole proprietorship", "Ltd")


@dataclass(frozen=True, slots=True)
class Person:
    """One owner: the share held in percent, the title, and where the owner lives."""

    first: str
    last: str
    share: int
    title: str
    address: str

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Borrower:
    """One company and who owns it. `tax_id` is an EIN of a block never issued (00-), or a UK company number."""

    name: str
    entity: str
    tax_id: str
    business: str
    trade: int
    started: date
    street: str
    town: str
    telephone: str
    owners: tuple[Person, ...]
    bank: str
    account: str
    uk: bool

    @property
    def currency(self) -> str:
        """Return the ISO code of its money."""
        return "GBP" if self.uk else "USD"

    @property
    def sign(self) -> str:
        """Return the sign of its money."""
        return "£" if self.uk else "$"

    @property
    def address(self) -> str:
        """Return street and town on one line."""
        return f"{self.street}, {self.town}"


def borrower(rng: random.Random, entity: str, started: date) -> Borrower:
    """Return an invented company of one of `ENTITIES` that began on `started`."""
    uk = entity == "Ltd"
    trade = rng.randrange(len(TRADES))
    owners = _owners(rng, entity, uk)
    lead = rng.choice((rng.choice(_WORDS), rng.choice(_WORDS), owners[0].last, owners[0].last if len(owners) < 2 else f"{owners[0].last} & {owners[1].last}"))
    name = f"{lead} {TRADES[trade][0]}{rng.choice(_FORMS[entity])}"
    number = f"{rng.randint(1_000_000, 14_999_999):08d}" if uk else f"00-{rng.randint(1_000_000, 9_999_999)}"
    street, town = _place(rng, uk)
    telephone = f"01{rng.randint(200, 999)} 496{rng.randint(100, 999)}" if uk else f"({rng.randint(201, 989)}) 555-01{rng.randint(10, 99)}"
    return Borrower(name, entity, number, TRADES[trade][1], trade, started, street, town, telephone, owners, rng.choice(_UK_BANKS if uk else BANKS), str(rng.randint(10_000_000, 99_999_999) if uk else rng.randint(1_000_000_000, 9_999_999_999)), uk)


def as_filed(rng: random.Random, name: str) -> str:
    """Return a company's name as banks and preparers write it: in capitals, without its comma, its form spelt another way."""
    for old, new in (("L.L.C.", "LLC"), (" & ", " and "), (", ", " "), (" Corporation", " Corp"), ("Limited", "Ltd")):
        if rng.random() < 0.3:
            name = name.replace(old, new)
    return name.upper() if rng.random() < 0.4 else name


def _owners(rng: random.Random, entity: str, uk: bool) -> tuple[Person, ...]:
    shares = {"Sole proprietorship": ((100,),), "Partnership": ((50, 50), (60, 40), (70, 30), (34, 33, 33))}.get(entity, ((100,), (100,), (60, 40), (51, 49), (75, 25), (85, 15), (50, 30, 20), (80, 10, 10)))
    firsts, lasts = rng.sample(FIRST, 3), rng.sample(LAST, 3)
    married = rng.random() < 0.25
    titles = _TITLES.get(entity, ("President", "Vice President", "Secretary"))
    home = _place(rng, uk)
    return tuple(Person(firsts[i], lasts[0] if married and i == 1 else lasts[i], share, titles[min(i, len(titles) - 1)], ", ".join(home if i == 0 or married else _place(rng, uk))) for i, share in enumerate(rng.choice(shares)))


def _place(rng: random.Random, uk: bool) -> tuple[str, str]:
    street = f"{rng.randint(2, 4890 if not uk else 140)} {rng.choice(STREETS)}{rng.choice(('', '', ', Suite 2', ', Unit B')) if not uk else ''}"
    if uk:
        return street, f"{rng.choice(_UK_TOWNS)} {rng.choice(('ZX', 'QV', 'JQ'))}{rng.randint(1, 19)} {rng.randint(1, 9)}{rng.choice('ABDEFG')}{rng.choice('HJLNP')}"
    return street, f"{rng.choice(TOWNS)}, {rng.choice(STATES)} 000{rng.randint(10, 99)}"
