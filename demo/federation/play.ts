/** The play of three servers: people of each find each other and talk, while one server dies and another is cut off. */
import { isRefusal, type Problem, type RefusedAs } from '#src/client/index.js'
import { type Actor, is } from '../actor.js'
import { removalOf } from '../removals.js'
import type { Stage } from '../stage.js'
import type { Transcript } from '../transcript.js'
import type { Places } from './servers.js'

type Play = { readonly stage: Stage; readonly places: Places; readonly transcript: Transcript }
type Cast = { readonly alice: Actor; readonly bob: Actor; readonly carol: Actor }

/** Who is at home where; alice's server is the hub. */
export const homes = { alice: 'a.example', bob: 'b.example', carol: 'c.example' } as const
const { alice: a, bob: b, carol: c } = homes

export const perform = async (play: Play): Promise<void> => {
  const cast = await enter(play)
  await find(play, cast)
  await becomeContacts(play, cast)
  await meet(play, cast)
  await commitAtOnce(play, cast)
  await surviveACrash(play, cast)
  await surviveAPartition(play, cast)
  await leave(play, cast)
}

/** How long clients try again: whoever is cut off is to be told so while the others wait. */
const patienceMs = 3_000

const enter = async ({ stage, transcript, places }: Play): Promise<Cast> => {
  transcript.scene('Three servers, and a person at each')
  const comes = (name: keyof typeof homes): Promise<Actor> => {
    const domain = homes[name]
    return stage.enter(name, name, { servers: [places.at(domain).door.url], domain, patienceMs })
  }
  return { alice: await comes('alice'), bob: await comes('bob'), carol: await comes('carol') }
}

const find = async ({ transcript }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene('They find each other')
  const finds = async (who: Actor, at: string, whom: Actor, home: string): Promise<void> => {
    const found = await who.client().findUser(`${whom.name}@${home}`)
    if (found !== whom.user) throw new Error(`${who.name} does not find ${whom.name}@${home}`)
    transcript.note(`${who.name} asks ${at} for ${whom.name}@${home}, and it asks ${home}: found`)
  }
  await finds(alice, a, bob, b)
  await finds(alice, a, carol, c)
  await finds(bob, b, alice, a)
  if ((await alice.client().findUser(`nobody@${b}`)) !== undefined) throw new Error('nobody was found')
  transcript.note(`nobody@${b} is not found: not there and hidden look alike`)
  const [ours, theirs] = await Promise.all([alice.client().rootFingerprint(b), bob.client().rootFingerprint(b)])
  if (ours === undefined || ours !== theirs) throw new Error('they see different roots')
  transcript.note(`alice and bob compare the fingerprint of ${b}: ${ours.slice(0, 12)}… both see the same`)
}

const becomeContacts = async ({ transcript }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene('They ask each other, and say yes')
  for (const actor of [alice, bob, carol]) await actor.client().changeAccount({ claims: 'contacts' })
  transcript.note('all three let nobody but their contacts add them to a group')
  const group = await alice.client().createGroup()
  const no = await refusalOf(group.invite(bob.user), 'not-allowed')
  transcript.note(`alice invites bob to hers: ${b} says ${no.code}`)
  const ask = async (who: Actor, whom: Actor, [question, answer]: readonly [string, string]): Promise<void> => {
    const request = await who.client().requestContact(whom.user, question)
    const asked = await whom.event(is('request'))
    if (asked.from !== who.user || asked.text !== question) throw new Error(`${whom.name} was asked something else`)
    await whom.client().acceptRequest(asked.request, answer)
    const accepted = await who.event(is('requestAccepted'))
    if (accepted.request !== request || accepted.text !== answer) throw new Error(`${who.name} was told something else`)
    transcript.note(`${who.name} asks ${whom.name}: “${question}” ${whom.name} says yes: “${answer}”`)
  }
  await ask(alice, bob, ['It is me, alice of next door.', 'At last!'])
  await ask(carol, alice, ['We met at the fountain.', 'So we did.'])
  const contactsOf = async (actor: Actor): Promise<readonly string[]> =>
    (await actor.client().contacts()).contacts.map(({ user }) => user)
  const [ofAlice, ofBob, ofCarol] = await Promise.all([alice, bob, carol].map(contactsOf))
  if (ofAlice?.length !== 2 || ofBob?.join() !== alice.user || ofCarol?.join() !== alice.user)
    throw new Error('they have other contacts')
  transcript.note(`the letters are sealed for each other’s clients: no server reads them`)
}

const meet = async ({ stage, transcript }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene('A group of three servers')
  const { added, missing } = await alice.group().invite(bob.user, carol.user)
  transcript.note(`alice's group is ${a}'s to order; she adds ${added.length} clients of two other servers`)
  if (added.length !== 2 || missing.length > 0) throw new Error('somebody could not be added')
  await Promise.all([bob.event(is('joined')), carol.event(is('joined'))])
  for (const actor of [alice, bob, carol]) stage.members.add(actor)
  await stage.say(alice, 'Welcome, both of you!')
  await stage.say(bob, `Hello from ${b}.`)
  await stage.say(carol, `And from ${c}.`)
  await alice.group().setProfile('The Three Towers')
  await Promise.all([bob.event(is('profileReadable')), carol.event(is('profileReadable'))])
  const name = new TextDecoder().decode((await carol.group().profile())?.data)
  transcript.note(`carol reads the group's name: “${name}”; no server can`)
}

const commitAtOnce = async ({ stage, transcript }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene('Three Commits for one epoch, from three servers')
  const before = alice.group().epoch()
  await Promise.all([alice, bob, carol].map((actor) => actor.group().update()))
  for (const actor of [carol, bob, alice]) await stage.say(actor, `${actor.name} is still here.`)
  if (alice.group().epoch() < before + 3n) throw new Error('a Commit was lost')
  transcript.note(`${a} took one; the others heard of it by their own servers and committed again`)
}

const surviveACrash = async ({ stage, transcript, places }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene(`${b} dies`)
  await stage.say(bob, 'Last words before the crash.')
  await places.at(b).server.crash()
  stage.online.delete(bob)
  transcript.note(`the server of ${b} is killed with -9`)
  await stage.say(alice, 'Bob cannot hear this yet.')
  await stage.say(carol, 'He will.')
  await alice.group().update()
  await stage.say(alice, 'In a new epoch, too.')
  await places.at(b).server.restart()
  transcript.note('it is started again on the same directory')
  stage.online.add(bob)
  await transcript.seenBy([bob.name])
  await stage.say(bob, 'I have caught up.')
}

const surviveAPartition = async ({ stage, transcript, places }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene(`${c} is cut off`)
  const mend = places.cutOff(c)
  stage.online.delete(carol)
  transcript.note(`nothing passes between ${c} and the other servers, for carol it is there`)
  await stage.say(alice, 'Carol cannot hear this yet.')
  await stage.say(bob, 'Her server cannot.')
  const refused = await refusalOf(carol.group().send('Does anybody hear me?'), 'peer-unreachable')
  transcript.note(
    `${c} tells carol who is away, and takes nothing: ${refused.code}, ${refused.problem.domains.join(', ')}`,
  )
  mend()
  transcript.note('the way is open again')
  stage.online.add(carol)
  await transcript.seenBy([carol.name])
  await stage.say(carol, 'I have read it all. Nothing is lost.')
}

const leave = async ({ stage, transcript, places }: Play, { alice, bob, carol }: Cast): Promise<void> => {
  transcript.scene('Bob leaves')
  await stage.say(bob, 'I am off. Bye!')
  await bob.group().leave()
  stage.members.delete(bob)
  await Promise.all([alice, carol].map((actor) => actor.event(removalOf(bob.user))))
  transcript.note(`bob proposed to be removed, and a member committed it: nobody of ${b} is left`)
  await stage.say(alice, 'He is gone.')
  const sent = (): number => places.at(a).ways.get(b)?.requests() ?? 0
  const before = sent()
  await stage.say(carol, 'His server, too?')
  await stage.say(alice, 'It hears nothing of us any more.')
  if (sent() > before) throw new Error(`${b} is still sent what is said`)
  await bob.client().sync()
}

/** Throws unless it is refused, and with this code. */
const refusalOf = async <Code extends Problem['code']>(
  asked: Promise<unknown>,
  code: Code,
): Promise<RefusedAs<Code>> => {
  const error: unknown = await asked.then(
    () => new Error(`it was not refused with ${code}`),
    (thrown: unknown) => thrown,
  )
  if (!isRefusal(error, code)) throw error
  return error
}
