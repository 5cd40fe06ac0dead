"""`make chaos`: teachers study while everything they depend on is killed, frozen, set wrong, slowed and emptied. Then every second is
accounted for by an oracle that shares no code with the counting.

    python -m benchmarks.chaos --minutes 5 --seed 1

school     the programme, its lessons, the teachers          faults    what goes wrong, drawn from a seed, and when
player     a teacher with a player that keeps the contract   director  does it
wire       their HTTP                                        system    all processes, and who starts the dead ones again
ledger     what the servers told them                        parts     one process each; redis and database servers beside it
oracle     told against SQL: lost, doubled, withheld         proxy     a network that delays, drops and cuts
report     table and JSON                                    clocked   the application with a clock that can be set wrong
"""
