"""Invented people's names and addresses that reach nobody.

Towns are invented, and their postal codes lie in three-digit prefixes that no post office uses. Telephone numbers end
in 555-0100 to 555-0199, the range kept for fiction; e-mail goes to the domains reserved by RFC 2606.
"""

import random
import unicodedata

DOMAINS = ("example.org", "example.com", "example.net")

FEMININE = tuple(
    """Abigail Adaeze Aisha Alma Amara Anita Anjali Beatriz Bernice Bridget Camila Carmen Cecily Celeste Chloe
    Claudette Dalia Deborah Delphine Denise Diana Dolores Eileen Elena Esperanza Esther Fatima Felicia Fiona Gabriela
    Gloria Grace Hana Harriet Imani Ingrid Irina Jasmine Joan Josephine Joy Judith Keisha Latoya Leilani Linnea
    Lorraine Lucía Mai Marisol Marta Mei Miriam Nadia Naomi Nichelle Noor Odette Paloma Patrice Phuong Priya Rachel
    Ramona Rosalind Ruth Sakura Selma Shanice Simone Sofía Soledad Tamika Teresa Thandiwe Valentina Vera Winifred
    Yesenia Yolanda Zainab Zoë""".split()
)
MASCULINE = tuple(
    """Abdul Adrian Alejandro Amit Andre Anthony Arjun Barnaby Benjamin Bilal Calvin Carlos Cedric Chidi Clifford
    Cornelius Curtis Damian Darnell Demetrius Desmond Dmitri Eduardo Elijah Emeka Emilio Ernesto Esteban Felix Francis
    Gerald Giovanni Graham Hassan Hector Hiroshi Hugh Ibrahim Isaac Ivan Jamal Javier Jerome Joaquín Jonas Jorge Kareem
    Kenji Kwame Lamar Leonard Luis Malik Marcus Martin Mateo Milo Nathaniel Neil Nikhil Omar Oscar Otis Pavel Quentin
    Rafael Raymond Reginald Rohan Ruben Samir Santiago Sergio Silas Stanley Tariq Terrence Theo Tobias Vikram Warren
    """.split()
)
NEUTRAL = tuple("Ariel Avery Blake Casey Dakota Devon Ellis Emerson Jules Kai Marley Morgan Quinn Reese River".split())

# Dealt out alternately (see `last_names`), so that two practices never share a family name.
LAST = tuple(
    """Abara Abbott Acevedo Achterberg Addo Alcott Almeida Ambrose Arroyo Ashdown Balogun Banerjee Barragán
    Bellweather Benítez Blackfeather Boudreau Bramwell Calloway Cardoza Castellanos Chandra Chatterton Cho Cisneros
    Coffey Corrigan Crenshaw Dabrowski Dandridge Delacroix Desrosiers Diallo Dinh Dunleavy Eastman Ebersole Echevarría
    Ekström Faraday Farouk Fennimore Figueroa Fontenot Fujimoto Gaines Gallardo Garrity Ghorbani Goldfarb Greenlaw
    Guidry Haddad Halloway Hargrove Hashimoto Hightower Hollis Hyun Ibarra Iyer Jankowski Jernigan Kaczmarek Kalani
    Kapoor Kettering Kimura Kowalczyk Lafontaine Landry Larkspur Ledbetter Lindqvist Loftus Lozano Mabry MacAllister
    Madrigal Mbeki McElroy Mercado Merriweather Montoya Mukherjee Nakamura Natividad Nguyen-Hart Nwosu Núñez O'Malley
    Obuya Okafor Olmstead Ortega-Ruiz Osgood Pacheco Palmquist Park Pellegrino Penhallow Pettigrew Quarles Quiñones
    Rainwater Ramaswamy Redcloud Rosenthal Rutledge Saavedra Saito Salinas Schaefer Sandoval Shapiro Sinclair Sokolov
    Stonebridge Stavros Tafoya Takahashi Tesfaye Thibodeaux Thornbury Tran Trujillo Uddin Underhill Valdivia Vandermeer
    Vasquez Velasco Villanueva Vu Wadsworth Wainwright Washington Weatherby Whitehorse Wojcik Xiong Yamada Yancey Yoder
    Zamora Zielinski""".split()
)

# An underscore stands for a blank.
STREETS = tuple(
    """Alder Bellflower Birchbark Canal Cartwright Chapel Cider_Mill Clover Cooper Dogwood Ferry Foundry Garnet Granary
    Harvest Hawthorn Heron Hickory Juniper Kiln Lantern Larch Linden Mill_Pond Mulberry Old_Orchard Persimmon Plum
    Quarry Ridgeway Sawmill Sparrow Spring Sycamore Tanner Thistle Walnut Weaver Willow_Bend""".split()
)
WAYS = ("St", "St", "St", "Ave", "Ave", "Rd", "Ln", "Ct", "Dr")


def last_names(share: int) -> tuple[str, ...]:
    """Half of the family names: share 0 and share 1 have none in common."""
    return LAST[share::2]


def first_name(rng: random.Random, sex: str) -> str:
    if sex == "U" or rng.random() < 0.06:
        return rng.choice(NEUTRAL)
    return rng.choice(FEMININE if sex == "F" else MASCULINE)


def street(rng: random.Random) -> str:
    road = rng.choice(STREETS).replace("_", " ")
    line = f"{rng.randint(3, 2480)} {road} {rng.choice(WAYS)}"
    return f"{line}, Apt {rng.randint(1, 24)}" if rng.random() < 0.28 else line


def phone(rng: random.Random, area_codes: tuple[str, ...]) -> str:
    return f"({rng.choice(area_codes)}) 555-01{rng.randint(0, 99):02d}"


def email(rng: random.Random, first: str, last: str) -> str:
    """first.last, an initial, or a number after it, in ASCII at a reserved domain."""
    first, last = _letters(first), _letters(last)
    forms = (f"{first}.{last}", f"{first[0]}{last}", f"{first}{last}{rng.randint(2, 99)}", f"{last}.{first}")
    return f"{rng.choice(forms)}@{rng.choice(DOMAINS)}"


def email_of(first: str, last: str, domain: str) -> str:
    return f"{_letters(first)}.{_letters(last)}@{domain}"


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalpha())
