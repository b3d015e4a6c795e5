-- Those of 0051 take their place.
DROP INDEX device_by_name_start;
DROP INDEX device_by_serialnumber_start;
DROP INDEX sim_by_name_start;
