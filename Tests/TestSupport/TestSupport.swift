// Servers, proxies and helpers that the tests share.
