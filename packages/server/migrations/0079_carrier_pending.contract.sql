-- Whoever has SIMs to change is found by the carrier.
DROP INDEX sim_pending;
