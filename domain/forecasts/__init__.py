"""What will come: arrivals, discharges and census ahead, with honest intervals, scored later."""
