DROP INDEX device_out_of_date;
