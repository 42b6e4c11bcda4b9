"""The rules of docs/verdict.md in Python, a chapter of that page a module.

A module has the name of the factory's file on the same thing, in `operator/assurance/src/verdict/` or a folder above it:
`a/b.rs` there is `a_b.py` here. Only the page is common to the two.

Imports point one way: a module may import only what stands before it in this list, and Python's standard library. The test
`test_order.py` beside the package holds that.

    numbers, words, findings:     arithmetic, say, found, rules, canonical, histogram
    what was asked, and the load: kinds, asked, timeline, load, closed, run
    whether the plan asks enough: drawn_document, drawn_given, drawn_operations, drawn, arrivals, shape, capacity_planned,
                                  soak_planned, plan_standard_shape, plan_standard, plan_faults, comparison_turns,
                                  comparison_planned, plan
    whether evidence is whole:    generator, control, completeness_load, completeness_numbers, completeness_orders,
                                  completeness_doses, twin, soak_evidence, comparison_evidence, completeness
    what was seen of the service: functional, contract, steady, excess, operations
    what became of faults:        dose_said, dose_sides, dose_amounts, felt, rotated, lease, recovery, fault
    of the soak and the ladder:   trend_order, trend, soak_series, soak_pod, soak, capacity
    of a year and other releases: chance, downtime, risk, history_quantile, history, comparison_block, comparison
    what follows:                 figures_fault, figures, verdict
    the document around it:       form_shapes, form_plan, form_standard, form_evidence, form, refused, statement, ecdsa, dsse,
                                  measurement, dossier

It must not write anything; `verify.py` beside it is the command.
"""
