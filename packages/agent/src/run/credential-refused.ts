/** The platform no longer accepts the device's credential: the device was de-provisioned, or enrolled again elsewhere. */
export class CredentialRefused extends Error {
  override readonly name = 'CredentialRefused'

  constructor() {
    super('the credential is no longer valid; enroll again with: mason-agent enroll')
  }
}
