"""The hall: what at least two modules share. It knows no module and imports the standard library alone."""
