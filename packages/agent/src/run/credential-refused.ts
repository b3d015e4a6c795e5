/** The platform no longer knows the device's credential: it was de-provisioned, or enrolled anew from elsewhere. */
export class CredentialRefused extends Error {
  override readonly name = 'CredentialRefused'

  constructor() {
    super('the credential is no longer valid; enrol again with: mason-agent enroll')
  }
}
