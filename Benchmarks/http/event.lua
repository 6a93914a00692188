-- For wrk: posts an event of some 400 bytes.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"conversation_id":"c-04711","conversation_metadata":"{\\"user\\":12345,\\"plan\\":\\"pro\\"}",'
  .. '"event_name":"event_a","error":"","latency":120.5,"input":"please write a function that returns the list of '
  .. 'customer orders and explain each step of it","output":"the order was sent yesterday and arrives today, see the '
  .. 'summary report for the team with three points and the sources of each of them"}'
