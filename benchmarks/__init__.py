"""Measurements: `make bench` runs them all and keeps what they find in var/benchmarks.json; each also runs alone.

beats, latency, scale, opening, province, flush   one measurement each
peers/, chaos/                                    others' systems beside ours; what failures cost
evening                                           a simulation of the last evening before a deadline
report, tables, pictures                          var/benchmarks.json as docs/performance.md and docs/pictures/

What they share: servers (what is measured), apps (what it serves), crowd (teachers in Redis), school (teachers in PostgreSQL),
client (the closed loop), openloop and players (the open loop), rounds (taking turns), machine (processor time), effort (how long).
"""
