import { AppError } from '../../errors.ts'

export const refusal = (message: string) => new AppError('invalid_request_error', message)
