"""Everything about the service that could be set otherwise, a line each."""

# The end.
AT_TERM = "drain"
DRAIN_SECONDS = 4.0

# The beginning: the list of offices comes over a slow line.
LOADING_SECONDS = 3.0
LOADS = "at start"
READY = "when loaded"

# Requests under way at one time, and what one look at an office takes.
WORKERS = 16
LOOKUP_SECONDS = 0.08
LOCKED = "the table"
SCRATCH = "of each request"
PLACE_GIVEN_BACK = "always"

# The timetable is worked out again every three seconds: beside those who ask, or by each who finds it old.
TIMETABLE_SECONDS = 3.0
TIMETABLE_TAKES = 0.4
TIMETABLE_BY = "one"

# Every so many requests the index is put in order.
ORDERED_EVERY = 30
ORDERED_TAKES = 0.9
ORDERED = "beside"

# Bookings stand in their own number; pages are kept for those who come back, and noted for the statistics.
BOOKINGS = "in their number"
PAGES_KEPT = 8
NOTES_KEPT = 8
NOTED_A_SECOND = 1

# The store, where there is one.
CALLS = 1
TRY_SECONDS = 0.25
RETRIES = 3
ASKED_AT_ONCE = 1
CONNECTIONS = "one each time"
LOST = "asked again"
NAMES = "looked up beside"
STORE_WORKERS = 8
STORE_CONNECTIONS = 64
