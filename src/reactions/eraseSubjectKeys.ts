/**
 * Erases a deleted user: without its key, what facts say about the person is gone, from every copy of the log. Who never
 * finished registering leaves no key behind either.
 */
import type { SubjectKeys } from '../ports/keys.js'
import type { Rule } from './rule.js'

export const eraseSubjectKeys = (subjects: SubjectKeys): Rule => ({
  name: 'eraseSubjectKeys',
  answers: ['UserDeleted', 'RegistrationAbandoned'],
  react: async ({ event, at }) => {
    if (event.type === 'UserDeleted' || event.type === 'RegistrationAbandoned')
      await subjects.erase(event.data.user, at)
  },
})
