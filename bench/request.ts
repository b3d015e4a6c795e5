/** A GET request with an API key, as it is sent. */
export const getRequest = (path: string, key: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: basic ${key}\r\n\r\n`

/** A POST request with a JSON text in ASCII, as it is sent. */
export const postRequest = (path: string, authorization: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
