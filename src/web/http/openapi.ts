/** The OpenAPI 3.1 document of /api, generated from the schemas that validate it. */
import { z } from 'zod';
import { readVersion } from '../../config/version.ts';
import type { Route } from './route.ts';

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
});

/** `publicUrl`: where the API is served, if not at the address of this document. */
export function describeApi(routes: readonly Route[], publicUrl?: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'skywire-inbox',
      version: readVersion(),
      description:
        'Inboxes of posts that matched, and who is registered for what. Errors are application/problem+json.',
    },
    ...(publicUrl !== undefined && { servers: [{ url: publicUrl }] }),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'API_TOKEN; not needed if it is not set' },
      },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      responses: {
        Problem: { description: 'What went wrong', content: { 'application/problem+json': problemRef } },
      },
    },
  };
}

const problemRef = { schema: { $ref: '#/components/schemas/Problem' } };

function operation({ id, summary, description, params, query, body, responses }: Route): object {
  return {
    operationId: id,
    summary,
    ...(description && { description }),
    parameters: [...parameters(params, 'path'), ...parameters(query, 'query')],
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, about]) => [status, response(status, about)]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function parameters(schema: z.ZodObject, where: 'path' | 'query'): object[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: where,
    required: !(field as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(field as z.ZodType, 'input'),
  }));
}

function response(status: string, { description, schema, mediaType }: Route['responses'][number]): object {
  if (Number(status) >= 400) return { description, content: { 'application/problem+json': problemRef } };
  if (mediaType) return { description, content: { [mediaType]: { schema: { type: 'string' } } } };
  return schema
    ? { description, content: { 'application/json': { schema: schemaOf(schema, 'output') } } }
    : { description };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
