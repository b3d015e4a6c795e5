import T from 'typebox'

/** How long X-Ray sessions last and are kept, and how nodes reach each other for them. */
export const xraySettings = {
  XRAY_IDLE_MINUTES: T.Integer({
    minimum: 1,
    maximum: 1440,
    default: 30,
    description: 'when an X-Ray session ends that nothing passes through',
  }),
  XRAY_MAX_MINUTES: T.Integer({
    minimum: 1,
    maximum: 10_080,
    default: 480,
    description: 'when any X-Ray session ends',
  }),
  XRAY_DAYS: T.Integer({
    minimum: 1,
    maximum: 3650,
    default: 400,
    description: 'how long X-Ray sessions stay in their list',
  }),
  XRAY_RECORDING_DAYS: T.Integer({
    minimum: 1,
    maximum: 3650,
    default: 90,
    description: 'how long recordings of shells are kept',
  }),
  NODE_HOST: T.Optional(
    T.String({
      pattern: '^[\\w.:%-]+$',
      form: 'an address or name of this machine, without a port',
      description:
        'where other nodes reach this one, for X-Ray sessions whose device is connected there; HOST when unset, or the first address of the machine',
    }),
  ),
  NODE_PORT: T.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 0,
    description: 'the port for that; each process of WORKERS takes one, from this one on; 0 takes any free one',
  }),
}
