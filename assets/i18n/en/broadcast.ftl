# broadcast
