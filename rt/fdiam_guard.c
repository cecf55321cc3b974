/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fdiam_int.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "diameter-dict/raw.h"
#include "rt/log.h"

/* libfdcore exports its certificate check without a header for it. */
int fd_tls_verify_credentials_2(gnutls_session_t session);

enum { AVP_RESULT_CODE = 268, AVP_ORIGIN_HOST = 264, AVP_DESTINATION_HOST = 293, LINE_MAX_OCTETS = 512 };

/* freeDiameter asks validators without an argument; there is one node a process. */
static struct rt_dia *the_node;

/* The handshake of the connection that this accepting thread works on. */
static _Thread_local gnutls_session_t handshaking;

/* ---- who may end freeDiameter ---- */

static atomic_bool may_end;

/* In libfdcore's place (the linker exports this one): its threads end the whole core
 * for what concerns a single connection, such as octets that arrive while it is taken
 * down.  They end themselves then, which is enough; the watchdog closes what is left. */
int fd_core_shutdown(void)
{
    int (*real)(void);
    if (!atomic_load(&may_end)) {
        rt_log(RT_LOG_WARN, "dia.core-would-end", RT_CSTR("text", "a connection's thread gave up"));
        return 0;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "fd_core_shutdown");
    return real ? real() : -1;
}

void dia_guard_end_core(void)
{
    atomic_store(&may_end, true);
    fd_core_shutdown();
}

/* ---- log lines of freeDiameter ---- */

static pthread_mutex_t complaint_lock = PTHREAD_MUTEX_INITIALIZER;
static gba_text complaint;
static bool running; /* under complaint_lock */

/* The first one names the cause, later ones its consequences. */
static void keep_complaint(gba_view line)
{
    if (complaint.n == 0 && gba_text_set(&complaint, gba_view_sub(line, 0, GBA_TEXT_MAX)) != GBA_OK)
        complaint.n = 0;
}

/* Called under freeDiameter's global lock for every trace point of every
 * level: what nobody reads leaves first.  Some lines quote whole AVPs; once
 * peers can be there, only the constant part of a line is told. */
static void log_line(int level, const char *format, va_list args)
{
    char line[LINE_MAX_OCTETS];
    if (level < FD_LOG_NOTICE)
        return;
    pthread_mutex_lock(&complaint_lock);
    bool bare = running;
    pthread_mutex_unlock(&complaint_lock);
    if (bare) {
        rt_log(RT_LOG_DEBUG, "dia.core", RT_NUM("level", level), RT_CSTR("format", format));
        return;
    }
    if (vsnprintf(line, sizeof line, format, args) < 0)
        return;
    rt_log(RT_LOG_DEBUG, "dia.core", RT_NUM("level", level), RT_CSTR("text", line));
    if (level >= FD_LOG_ERROR)
        keep_complaint(gba_view_cstr(line));
}

gba_rc dia_guard_log(void)
{
    fd_g_debug_lvl = FD_LOG_NOTICE;
    return fd_log_handler_register(log_line) == 0 ? GBA_OK : GBA_E_DIA_CONFIG;
}

gba_view dia_guard_complaint(void)
{
    return gba_text_view(&complaint);
}

void dia_guard_started(void)
{
    pthread_mutex_lock(&complaint_lock);
    running = true;
    pthread_mutex_unlock(&complaint_lock);
}

/* ---- small helpers ---- */

static bool is_avp(struct avp_hdr *hdr, uint32_t code)
{
    return hdr->avp_code == code && !(hdr->avp_flags & AVP_FLAG_VENDOR);
}

/* Give a received AVP its value; false when its octets do not fit its type. */
static bool parse_avp(struct avp *avp)
{
    struct fd_pei error = {0};
    struct avp_hdr *hdr = NULL;
    int failed = fd_msg_parse_dict(avp, fd_g_config->cnf_dict, &error);
    if (error.pei_avp_free)
        fd_msg_free(error.pei_avp);
    return !failed && fd_msg_avp_hdr(avp, &hdr) == 0 && hdr->avp_value;
}

void dia_refused(struct rt_dia *dia, const char *event, gba_rc rc, gba_view peer)
{
    rt_reasons_add(&dia->refused, rc);
    rt_log(RT_LOG_WARN, event, RT_REASON(rc), RT_STR("peer", peer));
}

/* ---- (a) every received message is checked before it is parsed ---- */

/* Without its version freeDiameter takes the message for garbage and closes
 * the connection, which is what its sender deserves. */
static void on_data(struct rt_dia *dia, struct fd_cnx_rcvdata *data)
{
    gba_rc rc = dia_raw_check(gba_view_of(data->buffer, data->length));
    if (rc == GBA_OK)
        return;
    dia_refused(dia, "dia.malformed", rc, GBA_LIT(""));
    data->buffer[0] = 0;
}

/* ---- (b) answers that break the rules ---- */

/* freeDiameter insists that Result-Code of such an answer has been parsed. */
static void repair_result_code(struct msg *msg)
{
    struct msg_hdr *hdr = NULL;
    struct avp *avp = NULL;
    if (!msg || fd_msg_hdr(msg, &hdr) != 0 || hdr->msg_flags & CMD_FLAG_REQUEST)
        return;
    fd_msg_browse(msg, MSG_BRW_FIRST_CHILD, &avp, NULL);
    while (avp) {
        struct avp *next = NULL;
        struct avp_hdr *ahdr = NULL;
        fd_msg_browse(avp, MSG_BRW_NEXT, &next, NULL);
        if (fd_msg_avp_hdr(avp, &ahdr) == 0 && is_avp(ahdr, AVP_RESULT_CODE) && !ahdr->avp_value &&
            !parse_avp(avp))
            fd_msg_free(avp);
        avp = next;
    }
}

/* ---- refusals that are freeDiameter's own ---- */

/*= RFC 6733 7.1: the result code of an answer as a reason */
static gba_rc reason_of(uint32_t code)
{
    static const struct {
        uint32_t code;
        gba_rc rc;
    } rows[] = {
        {DIA_COMMAND_UNSUPPORTED, GBA_E_DIA_COMMAND}, {DIA_AVP_UNSUPPORTED, GBA_E_DIA_UNSUPPORTED},
        {DIA_MISSING_AVP, GBA_E_DIA_MISSING},         {DIA_AVP_OCCURS_TOO_MANY_TIMES, GBA_E_DIA_REPEATED},
        {DIA_INVALID_AVP_LENGTH, GBA_E_DIA_LENGTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].rc;
    return GBA_E_DIA_VALUE;
}

static uint32_t result_code(struct msg *answer)
{
    struct avp *avp = NULL;
    fd_msg_browse(answer, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL)) {
        struct avp_hdr *hdr = NULL;
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && is_avp(hdr, AVP_RESULT_CODE))
            return hdr->avp_value ? hdr->avp_value->u32 : 0;
    }
    return 0;
}

/* answer is about to go out, and nobody but freeDiameter has seen the request. */
void dia_guard_refused(struct rt_dia *dia, struct msg *answer)
{
    struct msg *req = NULL;
    uint32_t code = result_code(answer);
    if (fd_msg_answ_getq(answer, &req) != 0 || !req)
        return;
    rt_reasons_add(&dia->refused, reason_of(code));
    rt_log(RT_LOG_WARN, "dia.refused", RT_REASON(reason_of(code)), RT_STR("peer", rt_dia_peer_of(req)),
           RT_NUM("code", code));
}

/* freeDiameter itself answers what is for another host, realm or application. */
static void on_not_for_us(struct rt_dia *dia, struct msg *req)
{
    struct msg_hdr *hdr = NULL;
    if (!req || fd_msg_hdr(req, &hdr) != 0 || !(hdr->msg_flags & CMD_FLAG_REQUEST) ||
        rt_dia_peer_of(req).n == 0)
        return;
    rt_reasons_add(&dia->refused, GBA_E_DIA_ELSEWHERE);
    rt_log(RT_LOG_WARN, "dia.refused", RT_REASON(GBA_E_DIA_ELSEWHERE), RT_STR("peer", rt_dia_peer_of(req)),
           RT_NUM("application", hdr->msg_appl));
}

/* ---- who may connect ---- */

static int on_handshake(gnutls_session_t session)
{
    handshaking = session;
    return fd_tls_verify_credentials_2(session);
}

gba_view dia_guard_origin(struct msg *msg)
{
    struct avp *avp = NULL;
    fd_msg_browse(msg, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL)) {
        struct avp_hdr *hdr = NULL;
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && is_avp(hdr, AVP_ORIGIN_HOST))
            return hdr->avp_value || parse_avp(avp)
                       ? gba_view_of(hdr->avp_value->os.data, hdr->avp_value->os.len)
                                  : (gba_view){NULL, 0};
    }
    return (gba_view){NULL, 0};
}

/* The first message of an incoming connection names its sender.  freeDiameter
 * compares neither that name with the certificate nor, for peers that are to
 * use TLS, the kind of connection before the peer's own state is touched.  Seen
 * with another application the message is no CER, and the connection ends
 * before any peer hears of it. */
static void on_first_message(struct rt_dia *dia, struct msg *msg)
{
    struct msg_hdr *hdr = NULL;
    gnutls_session_t session = handshaking;
    handshaking = NULL;
    gba_view name = dia_guard_origin(msg);
    const struct dia_peer_state *peer = dia_peer_named(dia, name);
    if (!peer || fd_msg_hdr(msg, &hdr) != 0)
        return; /* freeDiameter answers that the peer is unknown */
    if (session ? dia_cert_fits(session, &peer->identity) : !peer->tls)
        return;
    dia_refused(dia, session ? "dia.other-certificate" : "dia.no-tls", GBA_E_DIA_IMPOSTOR,
                gba_text_view(&peer->identity));
    hdr->msg_appl = AI_RELAY;
}

/* Peers that connect to us are unknown to freeDiameter; the names were checked
 * with their first message. */
static int on_validate(struct peer_info *info, int *auth, int (**later)(struct peer_info *))
{
    const struct dia_peer_state *peer =
        dia_peer_named(the_node, gba_view_of(info->pi_diamid, info->pi_diamidlen));
    (void)later;
    *auth = peer && peer->connects ? 1 : -1;
    if (*auth < 0) {
        dia_refused(the_node, "dia.unknown-peer", GBA_E_DIA_STRANGER,
                    gba_view_of(info->pi_diamid, info->pi_diamidlen));
        return 0;
    }
    info->config.pic_flags.sec = peer->tls ? PI_SEC_DEFAULT : PI_SEC_NONE;
    info->config.pic_flags.exp = PI_EXP_NONE;
    return 0;
}

/* The Destination-Host of a request of ours. */
static gba_view destination_host(struct msg *msg)
{
    struct avp *avp = NULL;
    fd_msg_browse(msg, MSG_BRW_FIRST_CHILD, &avp, NULL);
    for (; avp; fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL)) {
        struct avp_hdr *hdr = NULL;
        if (fd_msg_avp_hdr(avp, &hdr) == 0 && is_avp(hdr, AVP_DESTINATION_HOST) && hdr->avp_value)
            return gba_view_of(hdr->avp_value->os.data, hdr->avp_value->os.len);
    }
    return (gba_view){NULL, 0};
}

static bool has_relay(const struct rt_dia *dia)
{
    for (size_t i = 0; i < dia->n_peers; i++)
        if (dia->peers[i].relay && !dia->peers[i].connects)
            return true;
    return false;
}

/* A peer that connects to us asks and is not asked: a NAF that says in its CER
 * that it can do Zh, in the realm of the HSS, must not get to give vectors.  And a
 * request for one host goes to that host or to a relay: another host would refuse
 * it, or worse, answer in its place, and its owner could not tell who failed.  A relay
 * takes what is for other realms. */
static int on_route(void *arg, struct msg **msg, struct fd_list *candidates)
{
    const struct rt_dia *dia = arg;
    gba_view host = destination_host(*msg);
    const struct dia_peer_state *named = dia_peer_named(dia, host);
    bool only = host.n > 0 && ((named && !named->connects) || has_relay(dia));
    for (struct fd_list *li = candidates->next; li != candidates; li = li->next) {
        struct rtd_candidate *candidate = (struct rtd_candidate *)li;
        const struct dia_peer_state *peer =
            dia_peer_named(dia, gba_view_of(candidate->diamid, candidate->diamidlen));
        if (!peer || peer->connects || (only && peer != named && !peer->relay))
            candidate->score = 10 * FD_SCORE_NO_DELIVERY;
        else if (peer->relay)
            candidate->score += FD_SCORE_DEFAULT;
    }
    return 0;
}

/* ---- connections ---- */

/* freeDiameter turns Nagle's algorithm on for every socket; with requests that
 * come one by one that costs 40 ms each.  The socket is only told as text. */
static void set_nodelay(struct peer_hdr *peer)
{
    char info[128];
    int one = 1;
    uint64_t fd;
    if (fd_peer_cnx_proto_info(peer, info, sizeof info) != 0)
        return;
    gba_view text = gba_view_cstr(info);
    gba_view digits = gba_view_sub(text, gba_view_find(text, '#') + 1, text.n);
    if (gba_dec_parse(digits, INT32_MAX, &fd) == GBA_OK)
        setsockopt((int)fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void on_connect_failed(struct peer_hdr *peer, const char *text)
{
    gba_view name = peer ? gba_view_of(peer->info.pi_diamid, peer->info.pi_diamidlen) : GBA_LIT("");
    rt_log(RT_LOG_DEBUG, "dia.connection-ended", RT_STR("peer", name), RT_CSTR("text", text ? text : ""));
}

/* ---- the hooks ---- */

/* Having a hook for each kind of message also keeps freeDiameter from
 * formatting whole messages, keys included, into its log. */
static void on_hook(enum fd_hook_type type, struct msg *msg, struct peer_hdr *peer, void *other,
                    struct fd_hook_permsgdata *pmd, void *arg)
{
    struct rt_dia *dia = arg;
    (void)pmd;
    switch (type) {
    case HOOK_DATA_RECEIVED:
        on_data(dia, other);
        break;
    case HOOK_MESSAGE_RECEIVED:
        if (peer)
            dia_peer_count(dia, peer, msg, true);
        else
            on_first_message(dia, msg);
        break;
    case HOOK_MESSAGE_SENT:
        dia_peer_count(dia, peer, msg, false);
        break;
    case HOOK_MESSAGE_PARSING_ERROR:
        repair_result_code(msg);
        break;
    case HOOK_MESSAGE_PARSING_ERROR2:
        dia_guard_refused(dia, msg);
        break;
    case HOOK_MESSAGE_ROUTING_ERROR:
        on_not_for_us(dia, msg);
        break;
    case HOOK_MESSAGE_DROPPED:
        dia_req_dropped(dia, msg);
        break;
    case HOOK_PEER_CONNECT_SUCCESS:
        set_nodelay(peer);
        dia_cert_note(dia, &peer->info);
        dia_look_soon(dia);
        break;
    case HOOK_PEER_CONNECT_FAILED:
        on_connect_failed(peer, other);
        dia_look_soon(dia);
        break;
    default:
        break;
    }
}

gba_rc dia_guard_arm(struct rt_dia *dia)
{
    struct fd_hook_hdl *hook;
    struct fd_rt_out_hdl *route;
    the_node = dia;
    if (fd_g_config->cnf_sec_data.key_file)
        gnutls_certificate_set_verify_function(fd_g_config->cnf_sec_data.credentials, on_handshake);
    uint32_t every = ((uint32_t)1 << (HOOK_LAST + 1)) - 1;
    GBA_ENSURE(fd_hook_register(every, on_hook, dia, NULL, &hook) == 0, GBA_E_DIA_CONFIG);
    GBA_ENSURE(fd_peer_validate_register(on_validate) == 0, GBA_E_DIA_CONFIG);
    GBA_ENSURE(fd_rt_out_register(on_route, dia, -1, &route) == 0, GBA_E_DIA_CONFIG);
    return GBA_OK;
}
