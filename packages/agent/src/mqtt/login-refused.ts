// "Bad user name or password" and "not authorized". Source: MQTT 3.1.1 §3.2.2.3.
const refusals: readonly unknown[] = [4, 5]

/** The platform refused a device's credential over MQTT. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused'

  constructor() {
    super('MQTT refused the credential')
  }
}

/** Whether the return code of a CONNACK refuses the credential. */
export const isRefusal = (code: unknown) => refusals.includes(code)
