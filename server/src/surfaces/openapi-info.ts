/** What openapi.yaml says besides the routes. */
export const openapiInfo = {
  openapi: '3.1.0',
  info: {
    title: 'Postern',
    version: '0.1.0',
    description:
      'Authorization for geospatial data APIs in front of PostGIS. Every address also answers under /user/{account}, which names the account.',
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  },
  servers: [
    {
      url: 'http://127.0.0.1:8080/user/{account}',
      variables: { account: { default: 'demo', description: 'The account that is asked.' } },
    },
  ],
  tags: [
    { name: 'Auth API', description: 'API keys of the classic platform.' },
    { name: 'SQL API', description: 'SQL over HTTP, run as the role of the credential.' },
    { name: 'Maps API', description: 'Maps and vector tiles of tables.' },
    {
      name: 'Datasets and users',
      description: 'What clients of the classic platform ask for besides.',
    },
    { name: 'Decisions API', description: 'What a credential would be allowed, and why not.' },
    { name: 'Users', description: 'Who signs in to an account, and what they may do.' },
    { name: 'OAuth', description: 'Applications that manage in the name of a user.' },
    { name: 'Operation', description: 'For whoever runs the server.' },
  ],
  components: {
    securitySchemes: {
      basic: {
        type: 'http' as const,
        scheme: 'basic',
        description: 'The account name, and an API key as the password.',
      },
      bearer: { type: 'http' as const, scheme: 'bearer' },
      session: {
        type: 'apiKey' as const,
        in: 'cookie' as const,
        name: '__Host-postern_session',
        description: 'What signing in answers with; without TLS it is called postern_session.',
      },
      apiKey: { type: 'apiKey' as const, in: 'query' as const, name: 'api_key' },
    },
  },
  security: [{ basic: [] }, { bearer: [] }, { apiKey: [] }],
}
