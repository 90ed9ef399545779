"""Many units at once: each is read, judged and kept by itself, then they are held against each other.

engine      connected units in, entries out: concurrency, deadlines, back-off, watching
judging     one snapshot to its entry, in a process of a pool
store       the folder of a crate: what is in it is done, whatever happens to the program
manifest    which units should be there
outliers    which unit is not like the others
closing     entries to the report of the crate
identify    makes one unit show itself
"""
