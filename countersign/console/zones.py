"""The time zones that Support offers: those of the United States, where the rules of this system apply."""

ZONES = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Mountain, Arizona",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Atlantic, Puerto Rico",
    "Pacific/Guam": "Chamorro, Guam",
    "UTC": "UTC",
}


def label(zone):
    return ZONES.get(zone, zone)
