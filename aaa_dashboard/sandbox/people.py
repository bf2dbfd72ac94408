"""The pretend people: three subscribed accounts and the customers who write to them. Nobody here exists."""

from dataclasses import dataclass
from datetime import UTC, datetime

X_EPOCH_MS = 1_288_834_974_657  # an X id is (milliseconds since then) << 22 | 22 bits of machine and sequence


@dataclass(frozen=True)
class Person:
    """An X user. The id is X's and odd and larger than 2**53, so that whoever reads it as a float gets it wrong."""

    id: str
    screen_name: str
    name: str
    location: str
    description: str
    is_brand: bool = False

    @property
    def joined_at(self) -> datetime:
        """When the account was made: its id says so."""
        return datetime.fromtimestamp(((int(self.id) >> 22) + X_EPOCH_MS) / 1000, tz=UTC)


BRANDS = (
    Person("613278910244360193", "acme", "Acme", "Rotterdam", "Things that work. Help: @acme_support", is_brand=True),
    Person(
        "838514127360458753",
        "acme_support",
        "Acme Support",
        "Rotterdam",
        "Here to help, every day from 8 to 22 h CET.",
        is_brand=True,
    ),
    Person(
        "1204907783556177921",
        "northwind",
        "Northwind",
        "Tromsø",
        "Ferries & night trains of the north. Timetables: northwind.example",
        is_brand=True,
    ),
)

CUSTOMERS = (
    Person("187402663914528769", "mirakeller", "Mira Keller", "Zürich", "Bread, bicycles, and too many plants."),
    Person("402118395527389185", "t_ortega", "Tomás Ortega", "Valencia", "Arquitecto. Café sin azúcar."),
    Person("1098431276650405889", "junel", "June Lindqvist", "Göteborg", "I sail when the wind says so."),
    Person("729914403865526273", "ravis", "Ravi S.", "Pune", "Opinions mine & only mine."),
    Person("1377265910243856391", "norab", "Nora Blum", "Leipzig", "Übersetzerin · translator"),
    Person("295530178846912515", "pawelw", "Paweł W.", "Kraków", "Mostly trains. <3"),
    Person("1513360982714429445", "aiko_t", "田中 愛子", "大阪", "旅と写真📷"),
    Person("951827364490866689", "layla_h", "ليلى حداد", "عمّان", "أحب السفر والقراءة"),
    Person("1672015544938201089", "sam_okafor", "Samuel Okafor", "Lagos", "Building small things that last."),
    Person("540672993381576705", "chloe_m", "Chloé Martin", "Nantes", "Maman de deux chats 🐈🐈"),
    Person("1259948120037462017", "dmytrok", "Дмитро Коваль", "Львів", "Гори, кава, велосипед"),
)

EVERYBODY = BRANDS + CUSTOMERS
BY_ID = {person.id: person for person in EVERYBODY}
