/** The play: what a handful of people do with a homeserver in an afternoon, scene by scene. */
import { isRefusal } from '#src/client/index.js'
import { type Actor, is } from './actor.js'
import { withForgedCommits } from './forgery.js'
import type { Homeserver } from './homeserver.js'
import { removalOf } from './removals.js'
import type { Stage } from './stage.js'
import type { Transcript } from './transcript.js'

type Play = {
  readonly stage: Stage
  readonly homeserver: Homeserver
  readonly transcript: Transcript
  readonly tag: string
}

/** `tag` ends the handles, so that the play can be run again on the same server. */
export const perform = async (play: Play): Promise<void> => {
  const cast = await meet(play)
  await talk(play, cast)
  await missSomething(play, cast)
  await surviveACrash(play, cast)
  const { carol, dave } = await grow(play, cast)
  await refuseAForgery(play, carol)
  await race(play, [cast.alice, cast.phone, carol])
  await leave(play, cast, carol, dave)
  await removeCarol(play, cast, carol)
  await loseAState(play, cast)
}

type Cast = { readonly alice: Actor; readonly phone: Actor; readonly laptop: Actor }

const meet = async ({ stage, transcript, tag }: Play): Promise<Cast> => {
  transcript.scene('Alice finds Bob')
  const alice = await stage.enter('alice', `alice${tag}`)
  const phone = await stage.enter("bob's phone", `bob${tag}`)
  const laptop = await stage.enterBeside("bob's laptop", phone)
  const bob = await alice.client().findUser(`Bob${tag}`)
  if (bob !== phone.user) throw new Error('@bob is not to be found')
  await alice.client().requestContact(bob, 'Hello Bob, it is Alice. May I write to you?')
  const [onPhone] = await Promise.all([phone.event(is('request')), laptop.event(is('request'))])
  transcript.note(`both clients of bob show a request: “${onPhone.text}”`)
  await phone.client().acceptRequest(onPhone.request)
  await alice.event(is('requestAccepted'))
  transcript.note('bob accepts on his phone; alice hears of it')
  return { alice, phone, laptop }
}

const talk = async ({ stage, transcript }: Play, { alice, phone, laptop }: Cast): Promise<void> => {
  transcript.scene('A group of two people and three clients')
  const group = await alice.client().createGroup()
  const { added } = await group.invite(phone.user)
  transcript.note(`alice claims a KeyPackage of each of bob's clients and adds ${added.length}`)
  await Promise.all([phone.event(is('joined')), laptop.event(is('joined'))])
  for (const actor of [alice, phone, laptop]) stage.members.add(actor)
  await stage.say(alice, 'Welcome, Bob!')
  await stage.say(phone, 'Hi Alice. From my phone.')
  await stage.say(laptop, 'And from my laptop.')
}

const missSomething = async ({ stage, transcript }: Play, { alice, phone, laptop }: Cast): Promise<void> => {
  transcript.scene("Bob's laptop is asleep, then Alice is")
  laptop.goOffline()
  stage.online.delete(laptop)
  await stage.say(alice, 'The laptop cannot hear this yet.')
  await stage.say(phone, 'It will.')
  await alice.group().update()
  await stage.say(alice, 'In a new epoch, too.')
  await laptop.goOnline()
  stage.online.add(laptop)
  await transcript.seenBy([laptop.name])
  alice.goOffline()
  stage.online.delete(alice)
  await stage.say(laptop, 'I have caught up.')
  await alice.goOnline()
  stage.online.add(alice)
  await transcript.seenBy([alice.name])
}

const surviveACrash = async (
  { stage, transcript, homeserver }: Play,
  { alice, phone, laptop }: Cast,
): Promise<void> => {
  transcript.scene('The server dies')
  await stage.say(phone, 'Last words before the crash.')
  transcript.note(await homeserver.kill())
  const saying = stage.say(alice, 'Sent while nobody was listening.')
  transcript.note(await homeserver.restart())
  await saying
  await stage.say(laptop, 'Did somebody say something?')
}

const grow = async (
  { stage, transcript, tag }: Play,
  { alice, phone }: Cast,
): Promise<{ readonly carol: Actor; readonly dave: Actor }> => {
  transcript.scene('Carol joins and becomes an admin')
  const carol = await stage.enter('carol', `carol${tag}`)
  await alice.group().invite(carol.user)
  await carol.event(is('joined'))
  stage.members.add(carol)
  await stage.say(carol, 'Thank you for having me.')
  await alice.group().setRole(carol.user, 'admin')
  await phone.event(is('roleChanged'))
  await carol.event(is('roleChanged'))
  transcript.note('alice makes carol an admin; everybody is told')
  const dave = await stage.enter('dave', `dave${tag}`)
  await carol.group().invite(dave.user)
  await dave.event(is('joined'))
  stage.members.add(dave)
  transcript.note('carol uses it at once: she adds dave')
  await carol.group().setProfile('The Afternoon Club')
  await stage.say(dave, 'Hello all.')
  const profile = await dave.group().profile()
  transcript.note(`dave reads the group's name: “${new TextDecoder().decode(profile?.data)}”; the server cannot`)
  return { carol, dave }
}

const refuseAForgery = async ({ stage, transcript }: Play, carol: Actor): Promise<void> => {
  transcript.scene('A forged Commit')
  const before = carol.group().epoch()
  await withForgedCommits(() => carol.group().update()).then(
    () => {
      throw new Error('the server took a forged Commit')
    },
    (error: unknown) => {
      if (!isRefusal(error)) throw error
      transcript.note(`a Commit in carol's name with another signature is refused: ${error.code}`)
    },
  )
  if (carol.group().epoch() !== before) throw new Error('the epoch moved')
  await stage.say(carol, 'Somebody tried to be me.')
}

const race = async ({ stage, transcript }: Play, racers: readonly Actor[]): Promise<void> => {
  transcript.scene('Three Commits for one epoch')
  const [first] = racers
  const before = first?.group().epoch() ?? 0n
  await Promise.all(racers.map((actor) => actor.group().update()))
  for (const actor of racers) await stage.say(actor, `${actor.name} is still here.`)
  await transcript.seenBy(racers.map(({ name }) => name))
  const reached = before + BigInt(racers.length)
  if (racers.some((actor) => actor.group().epoch() < reached)) throw new Error('a Commit was lost')
  transcript.note(
    `${racers.map(({ name }) => name).join(', ')} committed at once from epoch ${String(before)}: one won, the others processed ` +
      `the winner and committed again; all are at epoch ${String(reached)} or later`,
  )
}

const leave = async ({ stage, transcript }: Play, { alice, phone, laptop }: Cast, carol: Actor, dave: Actor) => {
  transcript.scene('Dave leaves while the admins are away')
  for (const admin of [alice, carol]) {
    admin.goOffline()
    stage.online.delete(admin)
  }
  await stage.say(dave, 'I am off. Bye!')
  await dave.group().leave()
  stage.members.delete(dave)
  const [gone] = await Promise.all([phone, laptop].map((actor) => actor.event(removalOf(dave.user))))
  transcript.note(
    `dave proposed to be removed; bob, a plain member, committed it: ${gone?.removed.length ?? 0} client gone`,
  )
  await stage.say(phone, 'He is gone.')
  for (const admin of [alice, carol]) {
    await admin.goOnline()
    stage.online.add(admin)
  }
  await transcript.seenBy([alice.name, carol.name])
}

const removeCarol = async ({ stage, transcript }: Play, { alice, phone }: Cast, carol: Actor): Promise<void> => {
  transcript.scene('Alice removes Carol')
  await alice.group().remove(carol.user)
  await carol.event(is('removed'))
  stage.members.delete(carol)
  transcript.note('carol is told, and hears nothing more')
  await stage.say(alice, 'Carol cannot read this.')
  await stage.say(phone, 'Nor this.')
  await carol.client().sync()
}

const loseAState = async ({ stage, transcript }: Play, { alice, phone, laptop }: Cast): Promise<void> => {
  transcript.scene("Bob's laptop loses its disk, almost")
  await laptop.close()
  stage.online.delete(laptop)
  const lost = await laptop.store.keys('state/')
  await laptop.store.write(lost.map((key) => ({ key, value: undefined })))
  transcript.note('the MLS state is gone; only the account is left')
  await stage.reopen(laptop)
  await laptop.event(is('resynced'))
  stage.online.add(laptop)
  transcript.note("it asks for the group's public state and takes its own place again by an external Commit")
  await stage.say(alice, 'Can you hear me, laptop?')
  await stage.say(laptop, 'As if nothing had happened.')
  await stage.say(phone, 'The end.')
}
